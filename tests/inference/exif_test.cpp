#include "inference/exif.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <random>
#include <vector>

#include "inference/image_coding.hpp"
#include "tests/inference/test_images.hpp"

namespace dvfo::inference {
namespace {

using bytes = std::vector<std::uint8_t>;
using tests::png_place;

enum class order { little, big };

/// EXIF with two tags, the orientation second; `type`, `count`: as a right one has them.
bytes exif(int orientation, order way = order::big, std::uint16_t type = 3, std::uint32_t count = 1) {
  bytes out = way == order::big ? bytes{'M', 'M', 0, 42} : bytes{'I', 'I', 42, 0};
  const auto add = [&](std::uint32_t number, int size) {
    for (int i = 0; i < size; ++i) {
      out.push_back(static_cast<std::uint8_t>(number >> (8 * (way == order::big ? size - 1 - i : i))));
    }
  };
  add(8, 4);
  add(2, 2);
  for (const std::uint32_t tag : {0x010FU, 0x0112U}) {
    add(tag, 2);
    add(type, 2);
    add(count, 4);
    add(static_cast<std::uint32_t>(orientation), 2);
    add(0, 2);
  }
  add(0, 4);
  return out;
}

bytes in_app1(const bytes& exif) {
  bytes out = {'E', 'x', 'i', 'f', 0, 0};
  out.insert(out.end(), exif.begin(), exif.end());
  return out;
}

/// What a camera stores of the scene: "the 0th row is the visual right-hand side, the 0th column the visual top" (6).
image stored_as(int orientation, const image& scene) {
  const int right = scene.width - 1;
  const int bottom = scene.height - 1;
  const bool is_turned = orientation >= 5;
  image out{is_turned ? scene.height : scene.width, is_turned ? scene.width : scene.height, {}};
  for (int row = 0; row < out.height; ++row) {
    for (int column = 0; column < out.width; ++column) {
      const std::array<std::pair<int, int>, 8> places = {{{column, row},
                                                          {right - column, row},
                                                          {right - column, bottom - row},
                                                          {column, bottom - row},
                                                          {row, column},
                                                          {right - row, column},
                                                          {right - row, bottom - column},
                                                          {row, bottom - column}}};
      const auto [x, y] = places.at(static_cast<std::size_t>(orientation) - 1);
      const auto from = scene.pixels.begin() + std::ptrdiff_t{3} * (y * scene.width + x);
      out.pixels.insert(out.pixels.end(), from, from + 3);
    }
  }
  return out;
}

int largest_difference(const image& a, const image& b) {
  EXPECT_EQ(a.width, b.width);
  EXPECT_EQ(a.height, b.height);
  int largest = 0;
  for (std::size_t at = 0; at < std::min(a.pixels.size(), b.pixels.size()); ++at) {
    largest = std::max(largest, std::abs(a.pixels[at] - b.pixels[at]));
  }
  return largest;
}

const image scene = tests::make_gradient(37, 21);

image png_of(const bytes& exif, const image& stored = scene, png_place where = png_place::front) {
  return decode_image(tests::with_chunk(tests::encode_png(stored), where, "eXIf", exif), "png");
}
image jpeg_of(const bytes& app1, const image& stored = scene) {
  return decode_image(tests::with_segment(tests::encode_jpeg(stored), 0xE1, app1), "jpeg");
}

// One scene stored under the tags 1 to 8 was six different things to the networks: pictures came as they were stored,
// lying on their side where the camera had been turned.
TEST(exif, a_picture_comes_upright_whatever_way_it_is_stored) {
  for (int orientation = 1; orientation <= 8; ++orientation) {
    SCOPED_TRACE(orientation);
    const image stored = stored_as(orientation, scene);
    for (const auto way : {order::little, order::big}) {
      EXPECT_EQ(png_of(exif(orientation, way), stored).pixels, scene.pixels);
      EXPECT_LE(largest_difference(jpeg_of(in_app1(exif(orientation, way)), stored), scene), 8);
    }
    EXPECT_EQ(png_of(exif(orientation), stored, png_place::end).width, scene.width);
    const auto webp = tests::webp_with_exif(encode_webp(stored, 100), stored, exif(orientation));
    EXPECT_LE(largest_difference(decode_webp(webp, "webp"), scene), 24);
  }
}

TEST(exif, is_found_behind_other_segments_and_headers) {
  const bytes turned = exif(6);
  const auto jpeg = tests::encode_jpeg(stored_as(6, scene));
  const auto with_notes = tests::with_segment(jpeg, 0xE1, {'h', 't', 't', 'p', ':', '/', '/', 'n', 's', 0});
  EXPECT_EQ(jpeg_orientation(tests::with_segment(with_notes, 0xE1, in_app1(turned))), 6);
  auto filled_up = tests::with_segment(jpeg, 0xE1, in_app1(turned));
  filled_up.insert(filled_up.begin() + 2, std::byte{0xFF});
  EXPECT_EQ(jpeg_orientation(filled_up), 6);
  EXPECT_LE(largest_difference(decode_image(filled_up, "filled up"), scene), 8);
  EXPECT_EQ(png_of(in_app1(turned)).width, scene.height);  // some writers take a JPEG's header along
}

TEST(exif, that_makes_no_sense_leaves_the_picture_as_it_is_stored) {
  auto wrong_order = exif(6);
  wrong_order[1] = 'I';
  auto far_away = exif(6);
  far_away[4] = 0xFF;
  auto no_entries = exif(6);
  no_entries[9] = 0;
  auto many_entries = exif(6);
  many_entries[8] = many_entries[9] = 0xFF;
  many_entries[23] = 0x13;  // another tag than the orientation, and then nothing that would be one
  for (const auto& broken : {bytes{}, bytes{'M'}, wrong_order, far_away, no_entries, many_entries, exif(0), exif(9),
                             exif(6, order::little, 4), exif(6, order::big, 3, 2)}) {
    EXPECT_EQ(png_of(broken).pixels, scene.pixels);
    EXPECT_LE(largest_difference(jpeg_of(in_app1(broken)), scene), 8);
    EXPECT_EQ(webp_orientation(tests::webp_with_exif(encode_webp(scene, 80), scene, broken)), 1);
  }
  auto wrong_sum = tests::with_chunk(tests::encode_png(scene), png_place::front, "eXIf", exif(6));
  wrong_sum[8 + 25 + 8 + exif(6).size()] ^= std::byte{1};
  EXPECT_EQ(png_orientation(wrong_sum), 1);
}

TEST(exif, cut_anywhere_is_no_exif) {
  const bytes whole = exif(6);
  const std::size_t needed = 8 + 2 + 2 * 12;  // the rest is the place of another directory
  for (std::size_t size = 0; size < needed; ++size) {
    const bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_EQ(png_of(cut).pixels, scene.pixels) << size;
    EXPECT_LE(largest_difference(jpeg_of(in_app1(cut)), scene), 8) << size;
  }
  EXPECT_EQ(png_of(bytes(whole.begin(), whole.begin() + needed)).width, scene.height);
}

TEST(exif, cut_files_and_random_bytes_give_an_orientation_all_the_same) {
  const auto png = tests::with_chunk(tests::encode_png(scene), png_place::end, "eXIf", exif(6));
  const auto jpeg = tests::with_segment(tests::encode_jpeg(scene), 0xE1, in_app1(exif(6)));
  const auto webp = tests::webp_with_exif(encode_webp(scene, 80), scene, exif(6));
  std::mt19937 random(5);
  const auto try_all = [](std::span<const std::byte> file) {
    for (const int found : {png_orientation(file), jpeg_orientation(file), webp_orientation(file)}) {
      EXPECT_GE(found, 1);
      EXPECT_LE(found, 8);
    }
  };
  for (const auto& whole : {png, jpeg, webp}) {
    for (std::size_t size = 0; size <= whole.size(); ++size) try_all(std::span(whole).first(size));
    for (int round = 0; round < 2000; ++round) {
      auto changed = whole;
      for (auto flips = 1 + random() % 4; flips > 0; --flips) {
        changed[random() % changed.size()] = static_cast<std::byte>(random() & 255U);
      }
      try_all(changed);
    }
  }
}

}  // namespace
}  // namespace dvfo::inference
