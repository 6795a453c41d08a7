#pragma once

#include <cstddef>
#include <span>

#include "inference/codec/feature_codec.hpp"

/// The codec's inner loops: floats of one channel's plane to packed levels and back.
///
/// Level of x: clamp(nearbyint((x − lowest) · (1/step)), 0, 2^bits − 1), ties to even, NaN → 0, ±∞ clamped. Value of a
/// level q: lowest + q · step, rounded once after the product and once after the sum (never fused). Training computes
/// the same, so that a level means the same everywhere. Level i of a plane lies in its bits i·bits … (i + 1)·bits − 1,
/// the lowest bit of a byte first; unused bits of the last byte are 0.
namespace dvfo::inference {

/// One way to run the loops on this machine. All ways give the same bits.
struct quantise_kernel {
  const char* name;  ///< instruction set: "baseline", "avx2" or "avx512"
  /// Writes packed_bytes(values.size(), bits) bytes at `packed`. `bits` is 8, 4, 3 or 2.
  void (*pack)(int bits, std::span<const float> values, const channel_quantiser& quantiser, std::byte* packed);
  /// Reads packed_bytes(values.size(), bits) bytes at `packed`.
  void (*unpack)(int bits, const std::byte* packed, const channel_quantiser& quantiser, std::span<float> values);
};

/// The kernels that this machine can run, fastest first; never empty. Thread-safe.
std::span<const quantise_kernel> runnable_kernels();

/// Bytes of `values` packed levels, the last byte filled up with zero bits.
constexpr std::size_t packed_bytes(std::size_t values, int bits) {
  return (values * static_cast<std::size_t>(bits) + 7) / 8;
}

}  // namespace dvfo::inference
