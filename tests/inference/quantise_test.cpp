#include "inference/codec/quantise.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include "tests/inference/feature_frames.hpp"

namespace {

using dvfo::inference::channel_quantiser;
using dvfo::inference::packed_bytes;
using dvfo::inference::quantise_kernel;
using dvfo::inference::runnable_kernels;

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float nan_value = std::numeric_limits<float>::quiet_NaN();

/// The definition in words of the C library, one value at a time.
unsigned level_of(float x, const channel_quantiser& quantiser, int bits) {
  const float rounded = std::nearbyint((x - quantiser.lowest) * (1.0F / quantiser.step));
  const auto highest = static_cast<float>((1 << bits) - 1);
  if (std::isnan(rounded) || rounded <= 0.0F) return 0;
  return static_cast<unsigned>(rounded >= highest ? highest : rounded);
}

std::vector<std::byte> pack_by_definition(int bits, const std::vector<float>& values,
                                          const channel_quantiser& quantiser) {
  std::vector<std::byte> packed(packed_bytes(values.size(), bits), std::byte{0});
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t bit = i * static_cast<std::size_t>(bits);
    const unsigned shifted = level_of(values[i], quantiser, bits) << (bit % 8);
    packed[bit / 8] |= static_cast<std::byte>(shifted);
    if (shifted > 0xff) packed[bit / 8 + 1] |= static_cast<std::byte>(shifted >> 8);  // 3 bits may cross a byte
  }
  return packed;
}

std::vector<float> unpack_by_definition(int bits, const std::vector<std::byte>& packed,
                                        const channel_quantiser& quantiser, std::size_t count) {
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t bit = i * static_cast<std::size_t>(bits);
    unsigned from = std::to_integer<unsigned>(packed[bit / 8]);
    if (bit / 8 + 1 < packed.size()) from |= std::to_integer<unsigned>(packed[bit / 8 + 1]) << 8;
    const unsigned level = (from >> (bit % 8)) & ((1U << bits) - 1U);
    const float distance = static_cast<float>(level) * quantiser.step;
    values[i] = quantiser.lowest + distance;
  }
  return values;
}

/// Ordinary values, exact ties, and everything that floats can be.
std::vector<float> awkward_values(std::size_t count, const channel_quantiser& quantiser, std::mt19937& random) {
  std::vector<float> values(count);
  for (float& value : values) {
    switch (random() % 8) {
      case 0:
        value = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
        break;
      case 1:
        value = random() % 2 == 0 ? infinity : -infinity;
        break;
      case 2:
        value = random() % 2 == 0 ? nan_value : -nan_value;
        break;
      case 3:
      case 4:
        value = quantiser.lowest + quantiser.step * (static_cast<float>(random() % 258) - 0.5F);
        break;
      case 5:
        value = -0.0F;
        break;
      default:
        value = quantiser.lowest + quantiser.step * 300.0F * (dvfo::test::uniform(random) - 0.1F);
        break;
    }
  }
  return values;
}

class every_kernel : public testing::TestWithParam<int> {};

TEST_P(every_kernel, packs_bit_for_bit_what_the_definition_says) {
  std::mt19937 random(7);
  for (const quantise_kernel& kernel : runnable_kernels()) {
    for (std::size_t count = 1; count <= 400; ++count) {
      const channel_quantiser quantiser{dvfo::test::uniform(random) - 0.5F, 0.001F + dvfo::test::uniform(random)};
      const auto values = awkward_values(count, quantiser, random);
      std::vector<std::byte> packed(packed_bytes(count, GetParam()) + 1, std::byte{0x5a});
      kernel.pack(GetParam(), values, quantiser, packed.data());
      EXPECT_EQ(packed.back(), std::byte{0x5a}) << kernel.name << " writes behind " << count << " values";
      packed.pop_back();
      ASSERT_EQ(packed, pack_by_definition(GetParam(), values, quantiser)) << kernel.name << ", " << count << " values";
    }
  }
}

TEST_P(every_kernel, unpacks_bit_for_bit_what_the_definition_says) {
  std::mt19937 random(8);
  for (const quantise_kernel& kernel : runnable_kernels()) {
    for (std::size_t count = 1; count <= 400; ++count) {
      const channel_quantiser quantiser{dvfo::test::uniform(random) - 0.5F, 0.001F + dvfo::test::uniform(random)};
      std::vector<std::byte> packed(packed_bytes(count, GetParam()));
      for (std::byte& byte : packed) byte = static_cast<std::byte>(random());
      std::vector<float> values(count + 1, 1234.5F);
      kernel.unpack(GetParam(), packed.data(), quantiser, std::span(values).first(count));
      EXPECT_EQ(values.back(), 1234.5F) << kernel.name << " writes behind " << count << " values";
      values.pop_back();
      ASSERT_EQ(values, unpack_by_definition(GetParam(), packed, quantiser, count))
          << kernel.name << ", " << count << " values";
    }
  }
}

TEST_P(every_kernel, returns_every_level_as_it_was) {
  const channel_quantiser quantiser{-0.7F, 0.013F};
  for (const quantise_kernel& kernel : runnable_kernels()) {
    std::vector<std::byte> packed(256 * static_cast<std::size_t>(GetParam()) / 8);
    for (std::size_t i = 0; i < packed.size(); ++i) packed[i] = static_cast<std::byte>(i * 37);
    std::vector<float> values(256);
    kernel.unpack(GetParam(), packed.data(), quantiser, values);
    std::vector<std::byte> again(packed.size());
    kernel.pack(GetParam(), values, quantiser, again.data());
    EXPECT_EQ(again, packed) << kernel.name;
  }
}

INSTANTIATE_TEST_SUITE_P(bits, every_kernel, testing::Values(8, 4, 3, 2));

TEST(quantise, rounds_ties_to_the_even_level_and_clamps) {
  const channel_quantiser quantiser{0.0F, 1.0F};
  const std::vector<float> values{0.5F,  1.5F,     2.5F,      253.5F, 254.5F,    255.5F,
                                  1e30F, infinity, -infinity, -3.0F,  nan_value, 0.49999997F};
  const std::vector<unsigned> levels{0, 2, 2, 254, 254, 255, 255, 255, 0, 0, 0, 0};
  for (const quantise_kernel& kernel : runnable_kernels()) {
    std::vector<std::byte> packed(values.size());
    kernel.pack(8, values, quantiser, packed.data());
    for (std::size_t i = 0; i < values.size(); ++i) {
      EXPECT_EQ(std::to_integer<unsigned>(packed[i]), levels[i]) << kernel.name << " at " << values[i];
    }
  }
}

TEST(quantise, baseline_runs_everywhere_and_comes_last) {
  ASSERT_FALSE(runnable_kernels().empty());
  EXPECT_STREQ(runnable_kernels().back().name, "baseline");
}

}  // namespace
