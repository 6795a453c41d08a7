#pragma once

#include <cstddef>
#include <span>

/// The codec's entropy stage: zstd with one context and one scratch buffer per thread, so that a warm thread allocates
/// nothing.
namespace dvfo::inference {

/// Compresses `plain` at zstd `level` (1…19). Returns the zstd frame if it is smaller than `plain`, else an empty span.
/// The span points into the calling thread's scratch and is valid until this thread's next call of this or of the next
/// function.
std::span<const std::byte> compress_if_smaller(std::span<const std::byte> plain, int level);

/// Decompresses one zstd frame that must fill `packed` and hold exactly `expected` bytes; both are checked from its
/// header before anything is allocated. Throws error(bad_frame). The result lives as long as that of
/// compress_if_smaller.
std::span<const std::byte> decompress_exactly(std::span<const std::byte> packed, std::size_t expected);

}  // namespace dvfo::inference
