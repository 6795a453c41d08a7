#include "inference/image_coding.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <span>

#include "inference/error.hpp"
#include "tests/inference/test_images.hpp"

namespace dvfo::inference {
namespace {

using testing::HasSubstr;

double mean_error(const image& a, const image& b) {
  EXPECT_EQ(a.width, b.width);
  EXPECT_EQ(a.height, b.height);
  EXPECT_EQ(a.pixels.size(), b.pixels.size());
  double sum = 0.0;
  for (std::size_t i = 0; i < a.pixels.size(); ++i) sum += std::abs(int{a.pixels[i]} - int{b.pixels[i]});
  return sum / static_cast<double>(a.pixels.size());
}

std::string refusal(const std::function<void()>& call, errc code) {
  try {
    call();
  } catch (const error& failure) {
    EXPECT_EQ(failure.code(), code);
    return failure.what();
  }
  return "accepted";
}

struct format {
  const char* name;
  std::vector<std::byte> (*encode)(const image&, int);
  image (*decode)(std::span<const std::byte>, const std::string&);
};
void PrintTo(const format& value, std::ostream* out) { *out << value.name; }  // NOLINT: GoogleTest's name

class lossy_format : public testing::TestWithParam<format> {};

TEST_P(lossy_format, gives_nearly_the_same_picture_back) {
  const auto picture = tests::make_gradient(61, 40);
  const auto bytes = GetParam().encode(picture, 95);
  EXPECT_LT(mean_error(picture, GetParam().decode(bytes, "test")), 3.0);
}

TEST_P(lossy_format, less_quality_takes_fewer_bytes_and_is_further_off) {
  const auto picture = tests::make_gradient(96, 96);
  const auto fine = GetParam().encode(picture, 95);
  const auto coarse = GetParam().encode(picture, 5);
  EXPECT_LT(coarse.size(), fine.size());
  EXPECT_GT(mean_error(picture, GetParam().decode(coarse, "test")),
            mean_error(picture, GetParam().decode(fine, "test")));
}

TEST_P(lossy_format, one_pixel_is_a_picture) {
  const image pixel{1, 1, {200, 10, 90}};
  EXPECT_EQ(GetParam().decode(GetParam().encode(pixel, 90), "test").pixels.size(), 3U);
}

TEST_P(lossy_format, names_a_wrong_quality_or_size) {
  const auto picture = tests::make_gradient(8, 8);
  const auto encode = GetParam().encode;
  EXPECT_THAT(refusal([&] { encode(picture, 101); }, errc::bad_argument), HasSubstr("quality is 101"));
  EXPECT_THAT(refusal([&] { encode(picture, -1); }, errc::bad_argument), HasSubstr("quality is -1"));
  EXPECT_THAT(refusal(
                  [&] {
                    encode({8, 9, picture.pixels}, 50);
                  },
                  errc::bad_argument),
              HasSubstr("8 x 9 pixels holds 192 bytes, expected 216"));
  EXPECT_THAT(refusal([&] { encode({0, 8, {}}, 50); }, errc::bad_argument), HasSubstr("0 x 8 pixels"));
  EXPECT_THAT(refusal([&] { encode({70000, 1, {}}, 50); }, errc::bad_argument), HasSubstr("70000 x 1 pixels"));
}

TEST_P(lossy_format, a_cut_picture_is_refused) {
  const auto bytes = GetParam().encode(tests::make_gradient(64, 64), 80);
  for (const std::size_t size : {std::size_t{0}, std::size_t{10}, bytes.size() / 2}) {
    EXPECT_THAT(refusal([&] { GetParam().decode(std::span(bytes).first(size), "cut.jpg"); }, errc::bad_image),
                HasSubstr("cut.jpg"));
  }
}

INSTANTIATE_TEST_SUITE_P(formats, lossy_format,
                         testing::Values(format{"JPEG", encode_jpeg, decode_image},
                                         format{"WebP", encode_webp, decode_webp}));

}  // namespace
}  // namespace dvfo::inference
