#include "inference/image.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <random>
#include <string>

#include "inference/error.hpp"
#include "tests/inference/test_images.hpp"
#include "tests/support/temporary_folder.hpp"

namespace dvfo::inference {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using tests::encode_flat_jpeg;
using tests::encode_jpeg;
using tests::encode_png;
using tests::make_gradient;
using tests::png_kind;

/// The error's text when decoding fails as bad_image, "decoded" when it succeeds; any other exception fails the test.
std::string decode_outcome(std::span<const std::byte> bytes) {
  try {
    const image made = decode_image(bytes, "picture");
    EXPECT_EQ(made.pixels.size(),
              std::size_t{3} * static_cast<std::size_t>(made.width) * static_cast<std::size_t>(made.height));
    return "decoded";
  } catch (const error& failed) {
    EXPECT_EQ(failed.code(), errc::bad_image);
    return failed.what();
  }
}

int largest_difference(const image& a, const image& b) {
  EXPECT_EQ(a.width, b.width);
  EXPECT_EQ(a.height, b.height);
  int largest = 0;
  for (std::size_t at = 0; at < std::min(a.pixels.size(), b.pixels.size()); ++at)
    largest = std::max(largest, std::abs(a.pixels[at] - b.pixels[at]));
  return largest;
}

/// A 1-row picture of the given samples, so that a PNG's kind shows in what comes out.
std::vector<std::uint8_t> decode_row(std::uint32_t width, png_kind kind, int bits,
                                     const std::vector<std::uint8_t>& row) {
  return decode_image(encode_png(width, 1, kind, bits, {row}), "row").pixels;
}

TEST(image, a_png_comes_back_bit_for_bit) {
  const image drawn = make_gradient(37, 21);
  EXPECT_EQ(decode_image(encode_png(drawn), "p").pixels, drawn.pixels);
}

TEST(image, baseline_and_progressive_jpegs_come_back_nearly_alike) {
  const image drawn = make_gradient(45, 33);
  EXPECT_LE(largest_difference(decode_image(encode_jpeg(drawn), "p"), drawn), 8);
  EXPECT_LE(largest_difference(decode_image(encode_jpeg(drawn, true), "p"), drawn), 8);
}

TEST(image, grey_becomes_rgb) {
  EXPECT_THAT(decode_row(2, png_kind::grey, 8, {7, 200}), ElementsAre(7, 7, 7, 200, 200, 200));
  EXPECT_THAT(decode_image(encode_flat_jpeg(1, 1, {100}), "g").pixels, ElementsAre(100, 100, 100));
}

TEST(image, a_palette_becomes_rgb) {
  EXPECT_THAT(decode_row(2, png_kind::palette, 8, {1, 0}), ElementsAre(10, 20, 30, 0, 0, 0));
}

TEST(image, alpha_is_dropped_and_colours_below_it_stay) {
  EXPECT_THAT(decode_row(2, png_kind::rgba, 8, {1, 2, 3, 0, 250, 90, 40, 128}), ElementsAre(1, 2, 3, 250, 90, 40));
  EXPECT_THAT(decode_row(1, png_kind::grey_alpha, 8, {77, 10}), ElementsAre(77, 77, 77));
}

TEST(image, sixteen_bits_become_eight) {
  EXPECT_THAT(decode_row(1, png_kind::rgb, 16, {0x12, 0x12, 0x80, 0x80, 0xFF, 0xFF}), ElementsAre(0x12, 0x80, 0xFF));
}

TEST(image, cmyk_jpegs_are_converted) {
  // Written with inks as libjpeg takes them from a plain CMYK source; the file has an Adobe marker, so 255 is no ink.
  const auto pixels = decode_image(encode_flat_jpeg(8, 8, {255, 0, 255, 255}), "inks").pixels;
  EXPECT_NEAR(pixels[0], 255, 3);
  EXPECT_NEAR(pixels[1], 0, 3);
  EXPECT_NEAR(pixels[2], 255, 3);
}

TEST(image, what_is_no_image_is_named) {
  EXPECT_THAT(decode_outcome({}), HasSubstr("empty"));
  const std::string text = "GIF89a, or so it says";
  EXPECT_THAT(decode_outcome(std::as_bytes(std::span(text))),
              AllOf(HasSubstr("picture"), HasSubstr("neither a JPEG nor a PNG"), HasSubstr("47 49 46 38")));
}

TEST(image, huge_images_are_refused_from_their_headers) {
  EXPECT_THAT(decode_outcome(encode_png(900'000, 900'000, png_kind::rgb, 8, {{1, 2, 3}})), HasSubstr("64 megapixels"));
  auto jpeg = encode_jpeg(make_gradient(16, 16));
  const std::array<std::byte, 2> marker{std::byte{0xFF},
                                        std::byte{0xC0}};  // start of frame: length, precision, height, width
  const auto frame = std::search(jpeg.begin(), jpeg.end(), marker.begin(), marker.end());
  ASSERT_NE(frame, jpeg.end());
  std::fill(frame + 5, frame + 9, std::byte{0xF0});
  EXPECT_THAT(decode_outcome(jpeg), HasSubstr("64 megapixels"));
}

TEST(image, a_png_with_too_few_rows_is_an_error) {
  EXPECT_THAT(decode_outcome(encode_png(2, 5, png_kind::rgb, 8, {{1, 2, 3, 4, 5, 6}})),
              HasSubstr("damaged or cut short"));
}

TEST(image, a_jpeg_without_its_end_is_an_error) {
  auto bytes = encode_jpeg(make_gradient(64, 64));
  bytes.resize(bytes.size() * 2 / 3);
  EXPECT_THAT(decode_outcome(bytes), HasSubstr("damaged or cut short"));
}

TEST(image, every_truncation_is_an_error_or_an_image) {
  for (const auto& whole : {encode_jpeg(make_gradient(23, 17)), encode_jpeg(make_gradient(23, 17), true),
                            encode_png(make_gradient(23, 17))}) {
    std::size_t decoded = 0;
    for (std::size_t length = 0; length < whole.size(); ++length)
      decoded += decode_outcome(std::span(whole).first(length)) == "decoded" ? 1 : 0;
    EXPECT_LE(decoded, 16U);  // only the end marker may be missing
  }
}

TEST(image, flipped_bytes_give_an_error_or_an_image) {
  std::mt19937 random(7);
  for (const auto& whole : {encode_jpeg(make_gradient(23, 17)), encode_jpeg(make_gradient(23, 17), true),
                            encode_png(make_gradient(23, 17))}) {
    for (int round = 0; round < 1500; ++round) {
      auto bytes = whole;
      for (auto flips = 1 + random() % 4; flips > 0; --flips)
        bytes[random() % bytes.size()] ^= static_cast<std::byte>(1 + random() % 255);
      decode_outcome(bytes);
    }
  }
}

TEST(image, random_bytes_after_a_signature_are_an_error) {
  std::mt19937 random(11);
  for (int round = 0; round < 500; ++round) {
    auto bytes = round % 2 == 0 ? encode_png(make_gradient(4, 4)) : encode_jpeg(make_gradient(4, 4));
    for (std::size_t at = 8; at < bytes.size(); ++at) bytes[at] = static_cast<std::byte>(random() & 255U);
    EXPECT_NE(decode_outcome(bytes), "decoded");
  }
}

TEST(image, files_are_read_and_missing_ones_named) {
  const tests::temporary_folder folder;
  const image drawn = make_gradient(5, 4);
  tests::write_file(folder.path() / "a.jpg", encode_png(drawn));  // the name may lie: the first bytes decide
  EXPECT_EQ(read_image(folder.path() / "a.jpg").pixels, drawn.pixels);
  for (const auto& bad : {folder.path() / "missing.png", folder.path()}) {
    try {
      read_image(bad);
      FAIL() << bad;
    } catch (const error& failed) {
      EXPECT_EQ(failed.code(), errc::io);
      EXPECT_THAT(failed.what(), HasSubstr(bad.string()));
    }
  }
}

TEST(resize, an_image_of_the_right_size_is_returned_as_it_is) {
  const image drawn = make_gradient(32, 32);
  EXPECT_EQ(resize_and_centre_crop(drawn, 32).pixels, drawn.pixels);
}

TEST(resize, a_flat_image_stays_flat_at_any_size) {
  for (const auto& [width, height] : {std::pair{50, 31}, {7, 200}, {3, 3}, {1, 1000}, {1000, 1}}) {
    const image flat{width, height, std::vector<std::uint8_t>(static_cast<std::size_t>(3 * width * height), 119)};
    for (const int size : {1, 5, 32, 64}) {
      const image scaled = resize_and_centre_crop(flat, size);
      EXPECT_EQ(scaled.pixels, std::vector<std::uint8_t>(static_cast<std::size_t>(3 * size * size), 119));
    }
  }
}

TEST(resize, shrinking_averages_areas) {
  // One-pixel stripes would alias if single pixels were picked; their average is the middle.
  image stripes{64, 64, {}};
  for (int at = 0; at < 64 * 64; ++at) stripes.pixels.insert(stripes.pixels.end(), 3, at % 2 == 0 ? 0 : 200);
  for (const std::uint8_t value : resize_and_centre_crop(stripes, 8).pixels) EXPECT_NEAR(value, 100, 6);
}

TEST(resize, growing_is_bilinear) {
  const image two{2, 2, {0, 0, 0, 100, 100, 100, 0, 0, 0, 100, 100, 100}};
  const image four = resize_and_centre_crop(two, 4);
  std::vector<int> red;
  for (std::size_t x = 0; x < 4; ++x) red.push_back(four.pixels[3 * x]);
  EXPECT_THAT(red, ElementsAre(0, 25, 75, 100));
}

TEST(resize, the_crop_is_the_centre) {
  image wide{90, 30, {}};  // three squares: only the middle one is white
  for (int at = 0; at < 90 * 30; ++at) wide.pixels.insert(wide.pixels.end(), 3, at % 90 / 30 == 1 ? 255 : 0);
  EXPECT_THAT(resize_and_centre_crop(wide, 30).pixels, ::testing::Each(255));
  const image small = resize_and_centre_crop(wide, 10);
  EXPECT_EQ(small.pixels[3 * 55], 255);
}

TEST(resize, gradients_keep_their_values) {
  EXPECT_LE(largest_difference(resize_and_centre_crop(make_gradient(256, 256), 64), make_gradient(64, 64)), 3);
}

TEST(resize, wrong_arguments_are_refused) {
  EXPECT_THROW(resize_and_centre_crop(make_gradient(4, 4), 0), error);
  EXPECT_THROW(resize_and_centre_crop(make_gradient(4, 4), 100'000), error);
  EXPECT_THROW(resize_and_centre_crop(image{4, 4, {1, 2, 3}}, 2), error);
  EXPECT_THROW(resize_and_centre_crop(image{}, 2), error);
}

TEST(compress_jpeg, comes_back_nearly_as_it_went) {
  const auto picture = tests::make_gradient(40, 24);
  const auto bytes = compress_jpeg(picture);
  const auto back = decode_image(bytes, "encoded");
  ASSERT_EQ(back.width, 40);
  ASSERT_EQ(back.height, 24);
  double off = 0.0;
  for (std::size_t i = 0; i < back.pixels.size(); ++i) off += std::abs(back.pixels[i] - picture.pixels[i]);
  EXPECT_LT(off / static_cast<double>(back.pixels.size()), 5.0);
  EXPECT_LT(bytes.size(), picture.pixels.size());
}

TEST(compress_jpeg, refuses_an_image_without_pixels_or_with_too_few) {
  EXPECT_THROW(compress_jpeg({}), error);
  EXPECT_THROW(compress_jpeg({.width = 4, .height = 4, .pixels = {1, 2, 3}}), error);
}

}  // namespace
}  // namespace dvfo::inference
