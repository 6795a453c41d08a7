// What the decoder refuses, and the bytes that version 1 of the frame consists of.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zstd.h>

#include <algorithm>
#include <initializer_list>
#include <string>

#include "inference/codec/feature_codec.hpp"
#include "inference/codec/frame.hpp"
#include "inference/error.hpp"
#include "tests/inference/feature_frames.hpp"

namespace {

using dvfo::inference::decode_features;
using dvfo::inference::errc;
using dvfo::inference::error;
using dvfo::inference::feature_format;
using dvfo::inference::frame_checksum_bytes;
using dvfo::inference::frame_header_bytes;
using dvfo::inference::seal_frame;
using dvfo::test::encode;
using dvfo::test::make_features;
using dvfo::test::make_format;
using dvfo::test::reseal;
using testing::HasSubstr;

using frame_bytes = std::vector<std::byte>;
using selection = std::vector<std::uint16_t>;

frame_bytes bytes(std::initializer_list<int> values) {
  frame_bytes result;
  for (const int value : values) result.push_back(static_cast<std::byte>(value));
  return result;
}

/// The decoder must refuse `frame` with `text` and leave the features as they were.
void expect_refused(const feature_format& format, std::span<const std::byte> frame, const std::string& text) {
  const auto count = static_cast<std::size_t>(format.channels * format.height * format.width);
  std::vector<float> features(count, 77.0F);
  try {
    decode_features(format, frame, features);
    ADD_FAILURE() << "accepted; expected: " << text;
  } catch (const error& failure) {
    EXPECT_EQ(failure.code(), errc::bad_frame);
    EXPECT_THAT(failure.what(), HasSubstr(text));
  }
  EXPECT_EQ(features, std::vector<float>(count, 77.0F));
}

/// Fields of the header, by docs/feature-frame.md.
enum field : std::size_t {
  version = 0,
  flags = 1,
  channels = 2,
  height = 4,
  width = 6,
  selected_count = 8,
  payload_size = 10
};

class plain_frame : public testing::Test {
 protected:
  feature_format format_ = make_format(12, 3, 3, 2, 0);
  frame_bytes frame_ = encode(format_, make(format_), selection{0, 5, 11});
  std::size_t set_at_ = frame_header_bytes;
  std::size_t payload_at_ = frame_header_bytes + 2;

  static std::vector<float> make(const feature_format& format) {
    std::mt19937 random(1);
    return make_features(format, random);
  }

  void expect_refused_with(std::size_t at, int value, const std::string& text) const {
    frame_bytes changed = frame_;
    changed[at] = static_cast<std::byte>(value);
    reseal(changed);
    expect_refused(format_, changed, text);
  }
};

TEST_F(plain_frame, header_fields_are_each_checked) {
  expect_refused_with(version, 0xd2, "version byte is 0xd2, expected 0xd1");
  expect_refused_with(flags, 0x10, "flags are 0x10, expected no bit outside 0x0f");
  expect_refused_with(flags, 0x03, "values of 3 bits, expected 2");
  expect_refused_with(flags, 0x02, "values of 8 bits, expected 2");
  expect_refused_with(flags, 0x08, "channel set is a list, expected the shorter form for 3 of 12 channels");
  expect_refused_with(flags, 0x04, "entropy-coded payload of 9 bytes, expected 1 to 8");
  expect_refused_with(channels, 13, "channel count is 13, expected 12");
  expect_refused_with(height, 4, "height is 4, expected 3");
  expect_refused_with(width + 1, 1, "width is 259, expected 3");
  expect_refused_with(selected_count, 0, "0 selected channels, expected 1 to 12");
  expect_refused_with(selected_count, 13, "13 selected channels, expected 1 to 12");
  expect_refused_with(selected_count, 4, "payload of 9 bytes, expected 12 for 4 channels");
  expect_refused_with(payload_size, 10, "payload of 10 bytes, expected 9 for 3 channels");
  expect_refused_with(payload_size + 3, 0xff, "payload of 4278190089 bytes, expected 9");
}

TEST_F(plain_frame, channel_bitmap_is_checked) {
  expect_refused_with(set_at_, 0x23, "channel bitmap holds 4 channels, expected 3");
  expect_refused_with(set_at_ + 1, 0x10, "channel bitmap ends in 0x10, expected no channel beyond 11");
}

TEST_F(plain_frame, unused_bits_behind_a_plane_must_be_zero) {
  expect_refused_with(payload_at_ + 5, 0xfc, "plane 1 ends in byte 0xfc, expected its upper 6 bits to be 0");
}

TEST_F(plain_frame, damage_is_found_by_the_checksum) {
  frame_bytes changed = frame_;
  changed[payload_at_] ^= std::byte{1};
  expect_refused(format_, changed, "the bytes were damaged");
}

TEST_F(plain_frame, excess_bytes_are_refused) {
  frame_.push_back(std::byte{0});
  expect_refused(format_, frame_, "30 bytes, expected 29 by its header");
}

TEST(listed_frame, list_is_checked) {
  const auto format = make_format(100, 2, 2, 8, 0);
  const auto frame = encode(format, std::vector<float>(400, 1.0F), selection{7, 9});
  ASSERT_EQ(frame[flags], std::byte{0x0a});
  const auto expect = [&](std::size_t at, int value, const std::string& text) {
    frame_bytes changed = frame;
    changed[at] = static_cast<std::byte>(value);
    reseal(changed);
    expect_refused(format, changed, text);
  };
  expect(frame_header_bytes + 2, 100, "channel 100 in the list, expected less than 100");
  expect(frame_header_bytes + 2, 7, "channel 7 after channel 7, expected an ascending list");
  expect(frame_header_bytes + 2, 6, "channel 6 after channel 7, expected an ascending list");
  expect(flags, 0x02, "channel set is a bitmap, expected the shorter form for 2 of 100 channels");
}

class coded_frame : public testing::Test {
 protected:
  feature_format format_ = make_format(2, 16, 16, 8, 1);
  std::vector<float> features_ = std::vector<float>(512, 1.0F);

  /// A frame of this format around any payload.
  [[nodiscard]] frame_bytes around(std::span<const std::byte> payload) const {
    const std::size_t payload_at = frame_header_bytes + 1;
    frame_bytes frame(payload_at + payload.size() + frame_checksum_bytes);
    std::ranges::copy(payload, frame.begin() + static_cast<std::ptrdiff_t>(payload_at));
    seal_frame(format_, selection{0, 1}, true, payload.size(), frame);
    return frame;
  }

  static frame_bytes compress(const frame_bytes& plain, bool state_size = true) {
    ZSTD_CCtx* const context = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, state_size ? 1 : 0);
    frame_bytes packed(ZSTD_compressBound(plain.size()));
    packed.resize(ZSTD_compress2(context, packed.data(), packed.size(), plain.data(), plain.size()));
    ZSTD_freeCCtx(context);
    return packed;
  }
};

TEST_F(coded_frame, payload_must_be_one_zstd_frame_of_the_expected_content) {
  const frame_bytes right = compress(frame_bytes(512));
  std::vector<float> decoded(512);
  EXPECT_EQ(decode_features(format_, around(right), decoded), (selection{0, 1}));

  expect_refused(format_, around(compress(frame_bytes(511))), "states a content size of 511 bytes, expected 512");
  expect_refused(format_, around(compress(frame_bytes(1 << 20))),
                 "states a content size of 1048576 bytes, expected 512");
  expect_refused(format_, around(compress(frame_bytes(512), false)), "does not state its content size; expected 512");
  expect_refused(format_, around(frame_bytes(20)), "does not start with a zstd frame header");
  expect_refused(format_, around(std::span(right).first(right.size() - 1)), "is not one whole zstd frame");
  frame_bytes twice = right;
  twice.insert(twice.end(), right.begin(), right.end());
  expect_refused(format_, around(twice), "holds a zstd frame of");
}

TEST_F(coded_frame, a_payload_that_breaks_inside_is_refused) {
  std::mt19937 random(3);
  const frame_bytes frame = encode(format_, make_features(format_, random), selection{0, 1});
  ASSERT_NE(frame[flags] & std::byte{4}, std::byte{0});
  std::size_t refused = 0;
  for (std::size_t at = frame_header_bytes + 1; at < frame.size() - frame_checksum_bytes; ++at) {
    frame_bytes changed = frame;
    changed[at] ^= std::byte{0x55};
    reseal(changed);
    std::vector<float> decoded(512, 77.0F);
    try {
      decode_features(format_, changed, decoded);  // other values, but a whole frame: the checksum is what tells
    } catch (const error& failure) {
      EXPECT_EQ(failure.code(), errc::bad_frame);
      EXPECT_EQ(decoded, std::vector<float>(512, 77.0F));
      ++refused;
    }
  }
  EXPECT_GT(refused, 0U);
}

class any_frame : public testing::TestWithParam<feature_format> {
 protected:
  frame_bytes make() const {
    std::mt19937 random(9);
    const auto features = make_features(GetParam(), random);
    return encode(GetParam(), features, dvfo::test::make_selection(GetParam().channels, 3, random));
  }
};

TEST_P(any_frame, is_refused_when_cut_at_any_length) {
  const frame_bytes frame = make();
  for (std::size_t size = 0; size < frame.size(); ++size) {
    expect_refused(GetParam(), frame_bytes(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(size)),
                   "bytes, expected");
  }
}

TEST_P(any_frame, is_refused_when_any_bit_is_flipped) {
  const frame_bytes frame = make();
  for (std::size_t bit = 0; bit < frame.size() * 8; ++bit) {
    frame_bytes changed = frame;
    changed[bit / 8] ^= std::byte{1} << (bit % 8);
    expect_refused(GetParam(), changed, "expected");
  }
}

INSTANTIATE_TEST_SUITE_P(formats, any_frame,
                         testing::Values(make_format(12, 5, 5, 2, 0), make_format(12, 7, 3, 4, 0),
                                         make_format(100, 4, 4, 8, 0), make_format(12, 16, 16, 2, 1),
                                         make_format(100, 16, 16, 8, 1)));

TEST(golden_frame, bitmap_and_two_bits) {
  feature_format format = make_format(3, 1, 3, 2, 0);
  format.quantisers.assign(3, {0.0F, 1.0F});
  const std::vector<float> features{1, 2, 3, 9, 9, 9, 0, 3, 1};
  const frame_bytes golden =
      bytes({0xd1, 0x00, 3, 0, 1, 0, 3, 0, 2, 0, 2, 0, 0, 0, 0x05, 0x39, 0x1c, 0xbd, 0x7f, 0xa6, 0xcb});
  EXPECT_EQ(encode(format, features, selection{0, 2}), golden);
  std::vector<float> decoded(9);
  EXPECT_EQ(decode_features(format, golden, decoded), (selection{0, 2}));
  EXPECT_EQ(decoded, (std::vector<float>{1, 2, 3, 0, 0, 0, 0, 3, 1}));
}

TEST(golden_frame, list_and_four_bits) {
  feature_format format = make_format(300, 1, 3, 4, 0);
  format.quantisers.assign(300, {-1.0F, 0.5F});
  std::vector<float> features(900, 0.0F);
  features[299 * 3] = 6.5F;
  const frame_bytes golden =
      bytes({0xd1, 0x09, 44, 1, 1, 0, 3, 0, 1, 0, 2, 0, 0, 0, 43, 1, 0x2f, 0x02, 0xcc, 0x19, 0x9d, 0x2e});
  EXPECT_EQ(encode(format, features, selection{299}), golden);
}

TEST(golden_frame, entropy_coded_and_eight_bits) {
  // Only decoded: other releases of zstd may write other bytes, but all of them read these.
  feature_format format = make_format(1, 16, 16, 8);
  format.quantisers.assign(1, {2.0F, 0.25F});
  const frame_bytes golden = bytes({0xd1, 0x06, 0x01, 0x00, 0x10, 0x00, 0x10, 0x00, 0x01, 0x00, 0x13, 0x00, 0x00,
                                    0x00, 0x01, 0x28, 0xb5, 0x2f, 0xfd, 0x60, 0x00, 0x00, 0x4d, 0x00, 0x00, 0x10,
                                    0x04, 0x04, 0x01, 0x00, 0x7b, 0x0a, 0x60, 0x01, 0xa3, 0x50, 0xd2, 0x0c});
  std::vector<float> decoded(256);
  EXPECT_EQ(decode_features(format, golden, decoded), selection{0});
  EXPECT_EQ(decoded, std::vector<float>(256, 3.0F));
}

}  // namespace
