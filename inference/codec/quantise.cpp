#include "inference/codec/quantise.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <vector>

// The loops are plain C++ that the compiler turns into vector code: fixed trip counts, no branches, one step a loop.
// The same bodies are inlined into one function per instruction set, and the machine decides at run time which of them
// is called. This file needs -ffp-contract=off (a fused multiply-add would round differently on machines that have one)
// and -fno-trapping-math (without it, GCC does not vectorise the clamps below AVX-512); inference/CMakeLists.txt sets
// both.

namespace dvfo::inference {
namespace {

static_assert(std::endian::native == std::endian::little, "levels are folded through little-endian words");

#define DVFO_ALWAYS_INLINE inline __attribute__((always_inline))

/// Values that one turn of the loops takes: four AVX-512 registers of floats, one of levels.
constexpr std::size_t block = 64;

/// Adding 2^23 to a float in [0, 255] leaves its integer, rounded to nearest even, in the low bits of the sum. This
/// needs no rounding instruction (SSE2 has none) and no conversion.
constexpr float rounding_bias = 8388608.0F;

template <int bits>
DVFO_ALWAYS_INLINE void pack_block(const float* __restrict values, float lowest, float reciprocal,
                                   std::uint8_t* __restrict packed) {
  constexpr float highest_level = (1 << bits) - 1;
  std::array<std::uint32_t, block> rounded;
  for (std::size_t i = 0; i < block; ++i) {
    float level = (values[i] - lowest) * reciprocal;
    level = level > 0.0F ? level : 0.0F;  // in this form NaN becomes 0 as well
    level = level < highest_level ? level : highest_level;
    rounded[i] = std::bit_cast<std::uint32_t>(level + rounding_bias);
  }
  std::array<std::uint8_t, block> levels;
  for (std::size_t i = 0; i < block; ++i) levels[i] = static_cast<std::uint8_t>(rounded[i]);

  if constexpr (bits == 8) {
    std::memcpy(packed, levels.data(), block);
  } else if constexpr (bits == 4) {
    std::array<std::uint16_t, block / 2> words;
    std::memcpy(words.data(), levels.data(), block);
    for (std::size_t i = 0; i < words.size(); ++i) packed[i] = static_cast<std::uint8_t>(words[i] | (words[i] >> 4));
  } else if constexpr (bits == 3) {
    std::array<std::uint64_t, block / 8> words;
    std::memcpy(words.data(), levels.data(), block);
    for (std::uint64_t& word : words) {
      word = (word | (word >> 5)) & 0x003f003f003f003fU;
      word = (word | (word >> 10)) & 0x00000fff00000fffU;
      word = (word | (word >> 20)) & 0xffffffU;
    }
    const auto& w = words;  // eight pieces of 24 bits make three words
    const std::array<std::uint64_t, 3> joined = {w[0] | (w[1] << 24) | (w[2] << 48),
                                                 (w[2] >> 16) | (w[3] << 8) | (w[4] << 32) | (w[5] << 56),
                                                 (w[5] >> 8) | (w[6] << 16) | (w[7] << 40)};
    std::memcpy(packed, joined.data(), sizeof(joined));
  } else {
    std::array<std::uint32_t, block / 4> words;
    std::memcpy(words.data(), levels.data(), block);
    for (std::size_t i = 0; i < words.size(); ++i) {
      const std::uint32_t word = words[i];
      packed[i] = static_cast<std::uint8_t>(word | (word >> 6) | (word >> 12) | (word >> 18));
    }
  }
}

template <int bits>
DVFO_ALWAYS_INLINE void unpack_block(const std::uint8_t* __restrict packed, float lowest, float step,
                                     float* __restrict values) {
  std::array<std::uint8_t, block> levels;
  if constexpr (bits == 8) {
    std::memcpy(levels.data(), packed, block);
  } else if constexpr (bits == 4) {
    std::array<std::uint16_t, block / 2> words;
    for (std::size_t i = 0; i < words.size(); ++i) {
      const std::uint32_t word = packed[i];
      words[i] = static_cast<std::uint16_t>((word | (word << 4)) & 0x0f0fU);
    }
    std::memcpy(levels.data(), words.data(), block);
  } else if constexpr (bits == 3) {
    std::array<std::uint64_t, 3> joined;
    std::memcpy(joined.data(), packed, sizeof(joined));
    const auto& j = joined;  // bits above the lowest 24 of a piece are masked away below
    std::array<std::uint64_t, block / 8> words = {j[0],       j[0] >> 24, (j[0] >> 48) | (j[1] << 16),
                                                  j[1] >> 8,  j[1] >> 32, (j[1] >> 56) | (j[2] << 8),
                                                  j[2] >> 16, j[2] >> 40};
    for (std::uint64_t& word : words) {
      word &= 0xffffffU;
      word = (word | (word << 20)) & 0x00000fff00000fffU;
      word = (word | (word << 10)) & 0x003f003f003f003fU;
      word = (word | (word << 5)) & 0x0707070707070707U;
    }
    std::memcpy(levels.data(), words.data(), block);
  } else {
    std::array<std::uint32_t, block / 4> words;
    for (std::size_t i = 0; i < words.size(); ++i) {
      const std::uint32_t word = packed[i];
      words[i] = (word | (word << 6) | (word << 12) | (word << 18)) & 0x03030303U;
    }
    std::memcpy(levels.data(), words.data(), block);
  }
  for (std::size_t i = 0; i < block; ++i) {
    values[i] = lowest + static_cast<float>(static_cast<int>(levels[i])) * step;
  }
}

/// Whole blocks in place; the rest goes through a block filled up with `lowest`, which is level 0.
template <int bits>
DVFO_ALWAYS_INLINE void pack_plane(std::span<const float> values, const channel_quantiser& quantiser,
                                   std::uint8_t* packed) {
  const float lowest = quantiser.lowest;
  const float reciprocal = 1.0F / quantiser.step;
  const std::size_t whole = values.size() / block;
  for (std::size_t i = 0; i < whole; ++i) {
    pack_block<bits>(values.data() + i * block, lowest, reciprocal, packed + i * (block * bits / 8));
  }
  const std::size_t rest = values.size() - whole * block;
  if (rest == 0) return;
  std::array<float, block> padded;
  padded.fill(lowest);
  std::memcpy(padded.data(), values.data() + whole * block, rest * sizeof(float));
  std::array<std::uint8_t, block> padded_packed;
  pack_block<bits>(padded.data(), lowest, reciprocal, padded_packed.data());
  std::memcpy(packed + whole * (block * bits / 8), padded_packed.data(), packed_bytes(rest, bits));
}

template <int bits>
DVFO_ALWAYS_INLINE void unpack_plane(const std::uint8_t* packed, const channel_quantiser& quantiser,
                                     std::span<float> values) {
  const std::size_t whole = values.size() / block;
  for (std::size_t i = 0; i < whole; ++i) {
    unpack_block<bits>(packed + i * (block * bits / 8), quantiser.lowest, quantiser.step, values.data() + i * block);
  }
  const std::size_t rest = values.size() - whole * block;
  if (rest == 0) return;
  std::array<std::uint8_t, block> padded_packed{};
  std::memcpy(padded_packed.data(), packed + whole * (block * bits / 8), packed_bytes(rest, bits));
  std::array<float, block> padded;
  unpack_block<bits>(padded_packed.data(), quantiser.lowest, quantiser.step, padded.data());
  std::memcpy(values.data() + whole * block, padded.data(), rest * sizeof(float));
}

DVFO_ALWAYS_INLINE void pack_any(int bits, std::span<const float> values, const channel_quantiser& quantiser,
                                 std::byte* packed) {
  auto* const bytes = reinterpret_cast<std::uint8_t*>(packed);
  if (bits == 8) return pack_plane<8>(values, quantiser, bytes);
  if (bits == 4) return pack_plane<4>(values, quantiser, bytes);
  if (bits == 3) return pack_plane<3>(values, quantiser, bytes);
  pack_plane<2>(values, quantiser, bytes);
}

DVFO_ALWAYS_INLINE void unpack_any(int bits, const std::byte* packed, const channel_quantiser& quantiser,
                                   std::span<float> values) {
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(packed);
  if (bits == 8) return unpack_plane<8>(bytes, quantiser, values);
  if (bits == 4) return unpack_plane<4>(bytes, quantiser, values);
  if (bits == 3) return unpack_plane<3>(bytes, quantiser, values);
  unpack_plane<2>(bytes, quantiser, values);
}

// The same bodies, compiled for each instruction set.

void pack_baseline(int bits, std::span<const float> values, const channel_quantiser& quantiser, std::byte* packed) {
  pack_any(bits, values, quantiser, packed);
}

void unpack_baseline(int bits, const std::byte* packed, const channel_quantiser& quantiser, std::span<float> values) {
  unpack_any(bits, packed, quantiser, values);
}

#if defined(__x86_64__)
#if defined(__clang__)
#define DVFO_AVX512 "avx512f,avx512bw,avx512dq,avx512vl"
#else
#define DVFO_AVX512 "avx512f,avx512bw,avx512dq,avx512vl,prefer-vector-width=512"
#endif

[[gnu::target("avx2")]] void pack_avx2(int bits, std::span<const float> values, const channel_quantiser& quantiser,
                                       std::byte* packed) {
  pack_any(bits, values, quantiser, packed);
}

[[gnu::target("avx2")]] void unpack_avx2(int bits, const std::byte* packed, const channel_quantiser& quantiser,
                                         std::span<float> values) {
  unpack_any(bits, packed, quantiser, values);
}

[[gnu::target(DVFO_AVX512)]] void pack_avx512(int bits, std::span<const float> values,
                                              const channel_quantiser& quantiser, std::byte* packed) {
  pack_any(bits, values, quantiser, packed);
}

[[gnu::target(DVFO_AVX512)]] void unpack_avx512(int bits, const std::byte* packed, const channel_quantiser& quantiser,
                                                std::span<float> values) {
  unpack_any(bits, packed, quantiser, values);
}

#endif

std::vector<quantise_kernel> detect_kernels() {
  std::vector<quantise_kernel> kernels;
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl")) {
    kernels.push_back({"avx512", pack_avx512, unpack_avx512});
  }
  if (__builtin_cpu_supports("avx2")) kernels.push_back({"avx2", pack_avx2, unpack_avx2});
#endif
  kernels.push_back({"baseline", pack_baseline, unpack_baseline});
  return kernels;
}

}  // namespace

std::span<const quantise_kernel> runnable_kernels() {
  static const std::vector<quantise_kernel> kernels = detect_kernels();
  return kernels;
}

}  // namespace dvfo::inference
