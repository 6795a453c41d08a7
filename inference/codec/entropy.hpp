#pragma once

#include <cstddef>
#include <span>

/// The codec's entropy stage: packed planes of levels to a range-coded message and back. Statistics adapt within the
/// message and start anew with the next one: nothing of them is in the bundle or on the wire. A level's probabilities
/// are learned by the classes of its neighbours to the left and above (docs/feature-frame.md).
namespace dvfo::inference {

/// What a payload holds: `planes` planes of height × width levels of `bits` bits (8, 4, 3 or 2), each packed as
/// quantise_kernel does.
struct level_planes {
  std::size_t planes = 0;
  std::size_t height = 0;
  std::size_t width = 0;
  int bits = 0;

  [[nodiscard]] std::size_t packed_size() const;  ///< bytes before entropy coding
};

/// Range-codes `plain`, which holds `what`. Returns the message if it is smaller than `plain`, else an empty span. The
/// span points into the calling thread's scratch and is valid until this thread's next call of this or of the next
/// function; the scratch only grows, so that a warm thread allocates nothing.
std::span<const std::byte> compress_if_smaller(std::span<const std::byte> plain, const level_planes& what);

/// The packed planes of a message that holds `what`. A message that compress_if_smaller would not have written, byte by
/// byte, is refused: throws error(bad_frame). Allocates by `what`, never by what the message says. The result lives as
/// long as that of compress_if_smaller.
std::span<const std::byte> decompress_exactly(std::span<const std::byte> message, const level_planes& what);

}  // namespace dvfo::inference
