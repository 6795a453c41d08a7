// What the decoder refuses, and the bytes that version 2 of the frame consists of.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

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
  feature_format format_ = make_format(12, 3, 3, 2, false);
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
  expect_refused_with(version, 0xd1, "version byte is 0xd1, expected 0xd2");
  expect_refused_with(flags, 0x10, "flags are 0x10, expected no bit outside 0x0f");
  expect_refused_with(flags, 0x01, "values of 3 bits, expected 2");
  expect_refused_with(flags, 0x02, "values of 4 bits, expected 2");
  expect_refused_with(flags, 0x03, "values of 8 bits, expected 2");
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
  const auto format = make_format(100, 2, 2, 8, false);
  const auto frame = encode(format, std::vector<float>(400, 1.0F), selection{7, 9});
  ASSERT_EQ(frame[flags], std::byte{0x0b});
  const auto expect = [&](std::size_t at, int value, const std::string& text) {
    frame_bytes changed = frame;
    changed[at] = static_cast<std::byte>(value);
    reseal(changed);
    expect_refused(format, changed, text);
  };
  expect(frame_header_bytes + 2, 100, "channel 100 in the list, expected less than 100");
  expect(frame_header_bytes + 2, 7, "channel 7 after channel 7, expected an ascending list");
  expect(frame_header_bytes + 2, 6, "channel 6 after channel 7, expected an ascending list");
  expect(flags, 0x03, "channel set is a bitmap, expected the shorter form for 2 of 100 channels");
}

class coded_frame : public testing::TestWithParam<int> {
 protected:
  feature_format format_ = make_format(2, 16, 16, GetParam());
  frame_bytes frame_ = make();
  std::size_t payload_at_ = frame_header_bytes + 1;

  [[nodiscard]] frame_bytes make() const {
    std::mt19937 random(3);
    return encode(format_, make_features(format_, random), selection{0, 1});
  }

  [[nodiscard]] frame_bytes payload() const {
    return {frame_.begin() + static_cast<std::ptrdiff_t>(payload_at_),
            frame_.end() - static_cast<std::ptrdiff_t>(frame_checksum_bytes)};
  }

  /// A frame of this format around any payload.
  [[nodiscard]] frame_bytes around(std::span<const std::byte> payload) const {
    frame_bytes frame(payload_at_ + payload.size() + frame_checksum_bytes);
    std::ranges::copy(payload, frame.begin() + static_cast<std::ptrdiff_t>(payload_at_));
    seal_frame(format_, selection{0, 1}, true, payload.size(), frame);
    return frame;
  }
};

TEST_P(coded_frame, is_what_the_encoder_made) {
  ASSERT_NE(frame_[flags] & std::byte{4}, std::byte{0});
  EXPECT_EQ(around(payload()), frame_);
  std::vector<float> decoded(512);
  EXPECT_EQ(decode_features(format_, frame_, decoded), (selection{0, 1}));
}

TEST_P(coded_frame, is_refused_with_a_byte_more_or_as_long_as_the_plain_one) {
  frame_bytes changed = payload();
  changed.push_back(std::byte{0});
  expect_refused(format_, around(changed), fmt::format("expected {} bytes for what it decodes to", changed.size() - 1));
  const std::size_t plain = 2 * 256 * static_cast<std::size_t>(GetParam()) / 8;
  expect_refused(format_, around(frame_bytes(plain)), fmt::format("expected 1 to {}", plain - 1));
}

// A range decoder reads some map from any bytes. The decoder takes them only if they are that map's one and only
// message, so that nothing is accepted which no encoder writes; what damage makes of a message is the checksum's
// business.
TEST_P(coded_frame, is_the_only_one_of_its_map) {
  std::mt19937 random(4);
  std::size_t refused = 0;
  const auto judge = [&](const frame_bytes& payload) {
    const frame_bytes frame = around(payload);
    std::vector<float> decoded(512, 77.0F);
    try {
      decode_features(format_, frame, decoded);
      EXPECT_EQ(encode(format_, decoded, selection{0, 1}), frame);
    } catch (const error& failure) {
      EXPECT_EQ(failure.code(), errc::bad_frame);
      EXPECT_THAT(failure.what(), HasSubstr("is not what an encoder writes"));
      EXPECT_EQ(decoded, std::vector<float>(512, 77.0F));
      ++refused;
    }
  };
  const frame_bytes right = payload();
  for (std::size_t at = 0; at < right.size(); ++at) {
    frame_bytes changed = right;
    changed[at] ^= static_cast<std::byte>(1U << (at % 8));
    judge(changed);
    judge(frame_bytes(right.begin(), right.begin() + static_cast<std::ptrdiff_t>(at + 1)));
  }
  refused = 0;
  for (int i = 0; i < 300; ++i) {
    frame_bytes noise(1 + random() % right.size());
    for (std::byte& each : noise) each = static_cast<std::byte>(random());
    judge(noise);
  }
  EXPECT_GT(refused, 200U);
}

INSTANTIATE_TEST_SUITE_P(bits, coded_frame, testing::Values(8, 4, 3, 2));

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
                         testing::Values(make_format(12, 5, 5, 2, false), make_format(12, 7, 3, 4, false),
                                         make_format(12, 5, 5, 3, false), make_format(100, 4, 4, 8, false),
                                         make_format(12, 16, 16, 2), make_format(12, 14, 14, 3),
                                         make_format(100, 16, 16, 8)));

TEST(golden_frame, bitmap_and_two_bits) {
  feature_format format = make_format(3, 1, 3, 2, false);
  format.quantisers.assign(3, {0.0F, 1.0F});
  const std::vector<float> features{1, 2, 3, 9, 9, 9, 0, 3, 1};
  const frame_bytes golden = bytes({0xd2, 0x00, 0x03, 0x00, 0x01, 0x00, 0x03, 0x00, 0x02, 0x00, 0x02,
                                    0x00, 0x00, 0x00, 0x05, 0x39, 0x1c, 0x6a, 0x50, 0x95, 0x16});
  EXPECT_EQ(encode(format, features, selection{0, 2}), golden);
  std::vector<float> decoded(9);
  EXPECT_EQ(decode_features(format, golden, decoded), (selection{0, 2}));
  EXPECT_EQ(decoded, (std::vector<float>{1, 2, 3, 0, 0, 0, 0, 3, 1}));
}

TEST(golden_frame, list_and_four_bits) {
  feature_format format = make_format(300, 1, 3, 4, false);
  format.quantisers.assign(300, {-1.0F, 0.5F});
  std::vector<float> features(900, 0.0F);
  features[299 * 3] = 6.5F;
  const frame_bytes golden = bytes({0xd2, 0x0a, 0x2c, 0x01, 0x01, 0x00, 0x03, 0x00, 0x01, 0x00, 0x02,
                                    0x00, 0x00, 0x00, 0x2b, 0x01, 0x2f, 0x02, 0x19, 0x2f, 0xe3, 0x16});
  EXPECT_EQ(encode(format, features, selection{299}), golden);
}

TEST(golden_frame, three_bits) {
  feature_format format = make_format(2, 1, 5, 3, false);
  format.quantisers.assign(2, {0.0F, 1.0F});
  const std::vector<float> features{1, 2, 3, 4, 5, 0, 0, 0, 0, 7};
  const frame_bytes golden = bytes({0xd2, 0x01, 0x02, 0x00, 0x01, 0x00, 0x05, 0x00, 0x02, 0x00, 0x04, 0x00,
                                    0x00, 0x00, 0x03, 0xd1, 0x58, 0x00, 0x70, 0x95, 0x5c, 0x40, 0x04});
  EXPECT_EQ(encode(format, features, selection{0, 1}), golden);
}

/// Half of the values 0, the others in the order of a counter: no library's random numbers are in a golden frame.
std::vector<float> counted_features(std::size_t count, int highest) {
  std::vector<float> features(count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto step = static_cast<int>(i * i % 11);
    features[i] = step < 6 ? 0.0F : static_cast<float>((step - 5) * highest / 5);
  }
  return features;
}

struct golden_case {
  int bits;
  frame_bytes golden;
};
void PrintTo(const golden_case& value, std::ostream* out) {
  *out << value.bits << " bits";
}  // NOLINT: GoogleTest's name

class golden_coded_frame : public testing::TestWithParam<golden_case> {};

TEST_P(golden_coded_frame, has_these_bytes) {
  const auto& [bits, golden] = GetParam();
  feature_format format = make_format(2, 5, 6, bits);
  format.quantisers.assign(2, {0.0F, 1.0F});
  const auto features = counted_features(60, (1 << bits) - 1);
  EXPECT_EQ(encode(format, features, selection{0, 1}), golden);
  std::vector<float> decoded(60);
  EXPECT_EQ(decode_features(format, golden, decoded), (selection{0, 1}));
  EXPECT_EQ(decoded, features);
}

INSTANTIATE_TEST_SUITE_P(
    bits, golden_coded_frame,
    testing::Values(
        golden_case{2, bytes({0xd2, 0x04, 0x02, 0x00, 0x05, 0x00, 0x06, 0x00, 0x02, 0x00, 0x07, 0x00, 0x00,
                              0x00, 0x03, 0x1a, 0xd8, 0x43, 0x5e, 0x0d, 0xd0, 0x32, 0xea, 0x3f, 0x5d, 0xe0})},
        golden_case{3, bytes({0xd2, 0x05, 0x02, 0x00, 0x05, 0x00, 0x06, 0x00, 0x02, 0x00, 0x09, 0x00, 0x00, 0x00,
                              0x03, 0x0a, 0x6e, 0x0b, 0xc1, 0x23, 0x15, 0x2d, 0x35, 0xed, 0xd4, 0xa2, 0x29, 0x5d})},
        golden_case{
            4, bytes({0xd2, 0x06, 0x02, 0x00, 0x05, 0x00, 0x06, 0x00, 0x02, 0x00, 0x0c, 0x00, 0x00, 0x00, 0x03, 0x06,
                      0x62, 0x5c, 0x80, 0x10, 0x4d, 0x73, 0x07, 0xa5, 0x48, 0x8c, 0x71, 0x81, 0xbd, 0xbc, 0x5c})},
        golden_case{8, bytes({0xd2, 0x07, 0x02, 0x00, 0x05, 0x00, 0x06, 0x00, 0x02, 0x00, 0x13, 0x00, 0x00,
                              0x00, 0x03, 0x00, 0x02, 0x2b, 0x4f, 0xd5, 0x26, 0xd2, 0xa4, 0x92, 0xc3, 0x1a,
                              0xdc, 0x40, 0x78, 0x76, 0x9a, 0x8d, 0x1b, 0xff, 0x1a, 0x15, 0x8b, 0x16})}));

}  // namespace
