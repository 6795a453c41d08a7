#include "inference/tasks/task.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "inference/data/dataset.hpp"
#include "inference/error.hpp"
#include "inference/image_coding.hpp"
#include "inference/model_bundle.hpp"
#include "tests/inference/test_images.hpp"
#include "tests/support/temporary_folder.hpp"

namespace dvfo::inference {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

std::string to_string(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

TEST(compress_input, writes_the_picture_as_the_network_takes_it) {
  const auto picture = tests::make_gradient(40, 30);
  const auto coded = compress_input(picture, 16);
  EXPECT_EQ(coded.coding, input_coding::jpeg);
  EXPECT_EQ(coded.width, 0U);
  EXPECT_EQ(coded.bytes, to_string(encode_jpeg(resize_and_centre_crop(picture, 16), jpeg_quality)));
  const auto again = std::get<image>(decode_input(coded.coding, coded.width, bytes_of(coded.bytes), "it"));
  EXPECT_EQ(again.width, 16);
  EXPECT_EQ(again.height, 16);
}

TEST(reduce_input, leaves_a_share_of_the_pixels) {
  const auto picture = tests::make_gradient(16, 16);
  for (const auto& [share, side] : std::map<double, std::uint32_t>{{1.0, 16}, {0.25, 8}, {0.001, 1}}) {
    const auto coded = reduce_input(picture, 16, share);
    EXPECT_EQ(coded.coding, input_coding::pixels);
    EXPECT_EQ(coded.width, side);
    EXPECT_EQ(coded.bytes.size(), 3U * side * side);
    const auto again = std::get<image>(decode_input(coded.coding, coded.width, bytes_of(coded.bytes), "it"));
    EXPECT_EQ(again.pixels, resize_and_centre_crop(picture, static_cast<int>(side)).pixels);
  }
}

TEST(decode_input, refuses_what_is_no_input_and_names_it) {
  for (const auto coding : {input_coding::jpeg, input_coding::pixels}) {
    for (const char* const bytes : {"", "abcdefghijk"}) {
      try {
        decode_input(coding, 2, bytes_of(bytes), "the frame");
        FAIL() << "decoded \"" << bytes << '"';
      } catch (const error& refused) {
        EXPECT_EQ(refused.code(), errc::bad_image);
        EXPECT_THAT(refused.what(), HasSubstr("the frame"));
      }
    }
  }
}

TEST(decode_input, refuses_pixels_without_a_width) {
  EXPECT_THROW(decode_input(input_coding::pixels, 0, bytes_of("abc"), "the frame"), error);
}

TEST(read_input, reads_a_picture) {
  const tests::temporary_folder folder;
  const auto picture = tests::make_gradient(5, 4);
  tests::write_file(folder.path() / "a.png", to_string(tests::encode_png(picture)));
  EXPECT_EQ(std::get<image>(read_input(folder.path() / "a.png")).pixels, picture.pixels);
}

TEST(is_input_name, looks_at_the_ending_alone) {
  for (const char* name : {"a.jpg", "a.JPEG", "b/c.Png", ".hidden.png"}) EXPECT_TRUE(is_input_name(name)) << name;
  for (const char* name : {"a.heic", "jpg", "a.png.txt", ""}) EXPECT_FALSE(is_input_name(name)) << name;
}

TEST(input_at, gives_an_example_with_its_class) {
  const auto set = make_procedural(subset::test, 12);
  const auto found = input_at(*set, 11);
  EXPECT_EQ(std::get<image>(found.asked).pixels, set->at(11).picture.pixels);
  EXPECT_EQ(found.known, any_truth(class_truth{.label = 1, .name = set->labels().at(1)}));
}

TEST(interpret, names_classes_as_the_bundle_does) {
  bundle_manifest manifest;
  manifest.labels = {"circle", "square"};
  const auto said = interpret(std::vector<float>{0.0F, 3.0F}, manifest);
  EXPECT_EQ(to_text(said), "square (95.3 %)");
  EXPECT_TRUE(is_correct(said, class_of(1, manifest.labels)));
  EXPECT_FALSE(is_correct(said, class_of(0, manifest.labels)));
}

/// Keeps the names of what it is shown.
struct keys {
  std::vector<std::string> seen;
  template <class Value>
  void value(const char* key, const Value&) {
    seen.emplace_back(key);
  }
};

TEST(each_field, shows_what_reports_say_of_a_task) {
  keys of_prediction;
  any_prediction said;
  each_field(of_prediction, said);
  EXPECT_THAT(of_prediction.seen, ElementsAre("predicted", "predicted_name", "probability"));
  keys of_truth;
  const any_truth known;
  each_field(of_truth, known);
  EXPECT_THAT(of_truth.seen, ElementsAre("label", "label_name"));
}

TEST(choose_kind, knows_a_kind_by_its_key) {
  any_truth known = class_truth{.label = 3, .name = "cross"};
  EXPECT_FALSE(choose_kind(known, [](std::string_view key) { return key == "boxes"; }));
  EXPECT_EQ(known, any_truth(class_truth{.label = 3, .name = "cross"}));
  EXPECT_TRUE(choose_kind(known, [](std::string_view key) { return key == "label"; }));
  EXPECT_EQ(known, any_truth(class_truth{}));
}

}  // namespace
}  // namespace dvfo::inference
