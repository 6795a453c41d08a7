#include "inference/codec/feature_codec.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <future>
#include <limits>
#include <numeric>

#include "inference/codec/quantise.hpp"
#include "inference/error.hpp"
#include "tests/inference/feature_frames.hpp"

namespace {

using dvfo::inference::check;
using dvfo::inference::decode_features;
using dvfo::inference::encode_features;
using dvfo::inference::errc;
using dvfo::inference::error;
using dvfo::inference::feature_format;
using dvfo::inference::max_frame_size;
using dvfo::inference::packed_bytes;
using dvfo::inference::quantise_kernel;
using dvfo::inference::runnable_kernels;
using dvfo::test::encode;
using dvfo::test::make_features;
using dvfo::test::make_format;
using dvfo::test::make_selection;
using testing::HasSubstr;

/// What decoding must give: each selected plane through one kernel there and back, the others their imputed value.
std::vector<float> expected_features(const feature_format& format, std::span<const float> features,
                                     std::span<const std::uint16_t> selected) {
  std::vector<float> expected(features.size(), 0.0F);
  const std::size_t plane = features.size() / static_cast<std::size_t>(format.channels);
  for (std::size_t channel = 0; channel < format.imputed.size(); ++channel) {
    std::ranges::fill(std::span(expected).subspan(channel * plane, plane), format.imputed[channel]);
  }
  std::vector<std::byte> packed(packed_bytes(plane, format.bits));
  const quantise_kernel& kernel = runnable_kernels().back();
  for (const std::size_t channel : selected) {
    kernel.pack(format.bits, features.subspan(channel * plane, plane), format.quantisers[channel], packed.data());
    kernel.unpack(format.bits, packed.data(), format.quantisers[channel],
                  std::span(expected).subspan(channel * plane, plane));
  }
  return expected;
}

void expect_round_trip(const feature_format& format, int count, std::mt19937& random) {
  const auto features = make_features(format, random);
  const auto selected = make_selection(format.channels, count, random);
  const auto frame = encode(format, features, selected);
  EXPECT_LE(frame.size(), max_frame_size(format, selected.size()));
  std::vector<float> decoded(features.size(), std::numeric_limits<float>::quiet_NaN());
  EXPECT_EQ(decode_features(format, frame, decoded), selected);
  EXPECT_EQ(decoded, expected_features(format, features, selected))
      << format.channels << " × " << format.height << " × " << format.width << ", " << format.bits << " bits";
}

void expect_bad_argument(const std::function<void()>& call, const std::string& text) {
  try {
    call();
    ADD_FAILURE() << "no error; expected: " << text;
  } catch (const error& failure) {
    EXPECT_EQ(failure.code(), errc::bad_argument);
    EXPECT_THAT(failure.what(), HasSubstr(text));
  }
}

TEST(feature_codec, round_trips_random_shapes) {
  std::mt19937 random(1);
  for (int i = 0; i < 600; ++i) {
    const int channels = 1 + static_cast<int>(random() % 70);
    const int count = 1 + static_cast<int>(random() % static_cast<unsigned>(channels));
    const int bits = std::array{8, 4, 3, 2}[random() % 4];
    const bool entropy_coding = random() % 4 != 0;
    const auto format = make_format(channels, 1 + static_cast<int>(random() % 19), 1 + static_cast<int>(random() % 19),
                                    bits, entropy_coding);
    expect_round_trip(format, count, random);
  }
}

TEST(feature_codec, round_trips_the_extremes_of_its_shape) {
  std::mt19937 random(2);
  for (const int bits : {8, 4, 3, 2}) {
    expect_round_trip(make_format(1, 1, 1, bits), 1, random);
    expect_round_trip(make_format(1, 1024, 1, bits), 1, random);
    expect_round_trip(make_format(2, 33, 1024, bits), 1, random);
    for (const int count : {1, 255, 256, 257, 4096}) expect_round_trip(make_format(4096, 3, 1, bits), count, random);
  }
}

TEST(feature_codec, error_of_a_value_inside_the_range_is_at_most_half_a_step) {
  std::mt19937 random(3);
  const auto format = make_format(8, 16, 16, 8);
  const auto features = make_features(format, random);
  std::vector<std::uint16_t> all(8);
  std::iota(all.begin(), all.end(), std::uint16_t{0});
  std::vector<float> decoded(features.size());
  decode_features(format, encode(format, features, all), decoded);
  for (std::size_t i = 0; i < features.size(); ++i) {
    const auto& [lowest, step] = format.quantisers[i / 256];
    const float inside = std::clamp(features[i], lowest, lowest + 255.0F * step);
    EXPECT_NEAR(decoded[i], inside, 0.5001F * step);
  }
}

TEST(feature_codec, frame_at_share_one_half_is_as_small_as_promised) {
  std::mt19937 random(4);
  for (const bool entropy_coding : {false, true}) {
    const auto format = make_format(32, 16, 16, 2, entropy_coding);
    const auto frame = encode(format, make_features(format, random), make_selection(32, 16, random));
    EXPECT_LE(frame.size(), 1024U + 24U);
    EXPECT_EQ(max_frame_size(format, 16), 1024U + 22U);
  }
}

TEST(feature_codec, entropy_coding_is_kept_only_where_it_wins) {
  std::mt19937 random(5);
  const auto format = make_format(4, 16, 16, 8);
  const std::vector<std::uint16_t> selected{0, 1, 2, 3};
  const std::vector<float> flat(1024, 0.5F);
  EXPECT_LT(encode(format, flat, selected).size(), 90U);

  std::vector<float> noise(1024);
  for (float& value : noise) value = dvfo::test::uniform(random) * 8.0F;
  auto plain = format;
  plain.entropy_coding = false;
  for (auto& quantiser : plain.quantisers) quantiser = {0.0F, 8.0F / 255.0F};
  auto coded = plain;
  coded.entropy_coding = true;
  EXPECT_EQ(encode(coded, noise, selected), encode(plain, noise, selected));
}

TEST(feature_codec, max_frame_size_is_reached_without_entropy_coding_and_never_exceeded) {
  std::mt19937 random(6);
  for (const int channels : {1, 7, 8, 9, 100, 513}) {
    for (const int bits : {8, 4, 3, 2}) {
      for (int count = 1; count <= channels; count += 1 + channels / 11) {
        auto format = make_format(channels, 3, 5, bits, false);
        const auto selected = make_selection(channels, count, random);
        const auto features = make_features(format, random);
        EXPECT_EQ(encode(format, features, selected).size(), max_frame_size(format, selected.size()));
        format.entropy_coding = true;
        EXPECT_LE(encode(format, features, selected).size(), max_frame_size(format, selected.size()));
      }
    }
  }
}

TEST(feature_codec, encode_replaces_content_and_reuses_capacity) {
  std::mt19937 random(7);
  const auto format = make_format(32, 16, 16, 2);
  const auto features = make_features(format, random);
  const auto selected = make_selection(32, 16, random);
  std::vector<std::byte> out;
  out.reserve(max_frame_size(format, 16));
  const std::byte* const storage = out.data();
  const auto expected = encode(format, features, selected);
  for (int i = 0; i < 3; ++i) {
    encode_features(format, features, selected, out);
    EXPECT_EQ(out, expected);
    EXPECT_EQ(out.data(), storage);
  }
}

TEST(feature_codec, imputes_channels_that_are_not_in_the_frame) {
  std::mt19937 random(8);
  auto format = make_format(5, 4, 4, 2);
  format.imputed = {0.5F, 0.0F, -1.0F, 2.0F, 3.0F};
  for (const int count : {1, 3, 5}) expect_round_trip(format, count, random);
}

TEST(feature_codec, estimates_channels_that_are_not_in_the_frame_from_those_that_are) {
  auto format = make_format(4, 1, 3, 8);
  for (auto& each : format.quantisers) each = {0.0F, 0.01F};
  format.imputed = {1.0F, 0.5F, 0.6F, 0.25F};
  // Channel 1 varies with 0, half as much; 2 against it; 3 by itself.
  const float v = 0.16F;
  format.covariance = {v, v / 2, -v, 0, v / 2, v / 4, -v / 2, 0, -v, -v / 2, v, 0, 0, 0, 0, v};
  EXPECT_NO_THROW(check(format));
  const std::vector<float> features = {1.0F, 1.4F, 2.0F, 9.0F, 9.0F, 9.0F, 9.0F, 9.0F, 9.0F, 9.0F, 9.0F, 9.0F};
  std::vector<std::byte> frame;
  encode_features(format, features, std::vector<std::uint16_t>{0}, frame);
  std::vector<float> found(12);
  decode_features(format, frame, found);
  const std::vector<float> wanted = {1.0F, 1.4F, 2.0F, 0.5F,  0.7F,  1.0F,  // and never below the lowest level:
                                     0.6F, 0.2F, 0.0F, 0.25F, 0.25F, 0.25F};
  EXPECT_THAT(found, testing::Pointwise(testing::FloatNear(2e-3F), wanted));
}

TEST(feature_codec, threads_share_a_format) {
  std::vector<std::future<void>> workers;
  for (unsigned seed = 0; seed < 4; ++seed) {
    workers.push_back(std::async(std::launch::async, [seed] {
      std::mt19937 random(seed);
      for (int i = 0; i < 50; ++i) expect_round_trip(make_format(16, 8, 8, 4), 1 + i % 16, random);
    }));
  }
  for (auto& worker : workers) worker.get();
}

TEST(feature_codec, check_names_the_field_that_is_out_of_range) {
  const auto expect = [](auto change, const std::string& text) {
    auto format = make_format(3, 4, 5, 4);
    EXPECT_NO_THROW(check(format));
    change(format);
    expect_bad_argument([&] { check(format); }, text);
  };
  constexpr float infinity = std::numeric_limits<float>::infinity();
  expect([](feature_format& f) { f.channels = 0; }, "channel count is 0, expected 1 to 4096");
  expect([](feature_format& f) { f.channels = 4097; }, "channel count is 4097, expected 1 to 4096");
  expect([](feature_format& f) { f.height = -1; }, "height is -1, expected 1 to 1024");
  expect([](feature_format& f) { f.width = 1025; }, "width is 1025, expected 1 to 1024");
  expect([](feature_format& f) { f.channels = 4096, f.height = f.width = 1024; }, "expected at most 268435456 values");
  expect([](feature_format& f) { f.bits = 5; }, "bits is 5, expected 8, 4, 3 or 2");
  expect([](feature_format& f) { f.quantisers.pop_back(); }, "2 quantisers, expected one for each of 3 channels");
  expect([](feature_format& f) { f.imputed = {1.0F}; },
         "1 imputed values, expected none or one for each of 3 channels");
  expect([](feature_format& f) { f.covariance = {1.0F}; },
         "1 covariances, expected none or one for each of 3 × 3 channels");
  const auto expect_no_covariance = [&](std::vector<float> values) {
    expect([&](feature_format& f) { f.covariance = values; }, "3 × 3 covariances are not those of any channels");
  };
  expect_no_covariance({1, 0.5, 0, 0, 1, 0, 0, 0, 1});
  expect_no_covariance({1, 2, 0, 2, 1, 0, 0, 0, 1});
  expect_no_covariance({infinity, 0, 0, 0, 1, 0, 0, 0, 1});
  expect([](feature_format& f) { f.quantisers[1].lowest = -infinity; }, "lowest of channel 1 is -inf");
  expect([](feature_format& f) { f.quantisers[2].step = 0.0F; }, "step of channel 2 is 0");
  expect([](feature_format& f) { f.quantisers[2].step = -1.0F; }, "step of channel 2 is -1");
  expect([](feature_format& f) { f.quantisers[0].step = 1e-40F; }, "step of channel 0 is 1e-40");
  expect([](feature_format& f) { f.quantisers[0].step = infinity; }, "step of channel 0 is inf");
  expect([](feature_format& f) { f.quantisers[0].step = 1e38F; }, "highest level of channel 0 is inf");
}

TEST(feature_codec, refuses_arguments_that_do_not_fit_and_leaves_the_output_alone) {
  auto format = make_format(4, 2, 2, 8);
  const std::vector<float> features(16, 1.0F);
  std::vector<std::byte> out{std::byte{42}};
  using selection = std::vector<std::uint16_t>;
  const auto expect = [&](std::span<const float> values, const selection& selected, const std::string& text) {
    expect_bad_argument([&] { encode_features(format, values, selected, out); }, text);
    EXPECT_EQ(out, std::vector{std::byte{42}});
  };
  expect(std::span(features).first(15), {0}, "features hold 15 values, expected 16 (4 × 2 × 2)");
  expect(features, {}, "no channel is selected");
  expect(features, {1, 4}, "channel 4 is selected, expected less than 4");
  expect(features, {2, 1}, "channel 1 is selected after channel 2");
  expect(features, {2, 2}, "channel 2 is selected after channel 2");
  format.quantisers[3].step = -1.0F;
  expect(features, {3}, "step of channel 3 is -1");
  EXPECT_NO_THROW(encode(format, features, selection{0}));

  const auto frame = encode(format, features, selection{0, 2});
  std::vector<float> small(15);
  expect_bad_argument([&] { decode_features(format, frame, small); }, "features hold 15 values, expected 16");
  expect_bad_argument([&] { static_cast<void>(max_frame_size(format, 5)); }, "5 selected channels, expected at most 4");
  format.bits = 5;
  expect_bad_argument([&] { static_cast<void>(max_frame_size(format, 1)); }, "bits is 5");
}

}  // namespace
