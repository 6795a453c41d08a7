#pragma once

#include <xxhash.h>

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

#include "inference/codec/feature_codec.hpp"

/// Formats, features and damaged frames for tests, fuzzing and benchmarks of the codec. Deterministic on every
/// platform.
namespace dvfo::test {

/// Quantisers differ from channel to channel, so that a mixed-up channel shows.
inline inference::feature_format make_format(int channels, int height, int width, int bits,
                                             bool entropy_coding = true) {
  inference::feature_format format;
  format.channels = channels;
  format.height = height;
  format.width = width;
  format.bits = bits;
  format.entropy_coding = entropy_coding;
  for (int i = 0; i < channels; ++i) {
    format.quantisers.push_back(
        {-0.25F * static_cast<float>(i % 3), (1.0F + static_cast<float>(i % 7)) / static_cast<float>(1 << bits)});
  }
  return format;
}

/// A float in [0, 1).
inline float uniform(std::mt19937& random) { return static_cast<float>(random() >> 8) * 0x1.0p-24F; }

/// Features as after a ReLU: half are zero, the others fall off steeply.
inline std::vector<float> make_features(const inference::feature_format& format, std::mt19937& random) {
  std::vector<float> features(static_cast<std::size_t>(format.channels) * static_cast<std::size_t>(format.height) *
                              static_cast<std::size_t>(format.width));
  for (float& feature : features) {
    const float u = uniform(random);
    feature = u < 0.5F ? 0.0F : 0.4F / (1.02F - u) - 0.8F;
  }
  return features;
}

/// A random ascending selection of `count` of the format's channels.
inline std::vector<std::uint16_t> make_selection(int channels, int count, std::mt19937& random) {
  std::vector<std::uint16_t> selected;
  int missing = count;
  for (int i = 0; i < channels; ++i) {
    if (static_cast<int>(random() % static_cast<unsigned>(channels - i)) >= missing) continue;
    selected.push_back(static_cast<std::uint16_t>(i));
    --missing;
  }
  return selected;
}

inline std::vector<std::byte> encode(const inference::feature_format& format, std::span<const float> features,
                                     std::span<const std::uint16_t> selected) {
  std::vector<std::byte> frame;
  inference::encode_features(format, features, selected, frame);
  return frame;
}

/// Makes the checksum right again after a change, so that the checks behind it are reached.
inline void reseal(std::span<std::byte> frame) {
  if (frame.size() < 4) return;
  const auto sum = static_cast<std::uint32_t>(XXH3_64bits(frame.data(), frame.size() - 4));
  for (std::size_t i = 0; i < 4; ++i) frame[frame.size() - 4 + i] = static_cast<std::byte>(sum >> (8 * i));
}

}  // namespace dvfo::test
