#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "inference/image.hpp"

namespace dvfo::tests {

/// A smooth picture (JPEG keeps it nearly as it is) that has no symmetry.
inference::image make_gradient(int width, int height);

/// Baseline or progressive RGB JPEG of high quality.
std::vector<std::byte> encode_jpeg(const inference::image& picture, bool progressive = false);

/// JPEG of one colour: `components` is 1 (grey) or 4 (CMYK, inks inverted as Adobe's marker tells).
std::vector<std::byte> encode_flat_jpeg(int width, int height, const std::vector<std::uint8_t>& colour);

enum class png_kind : std::uint8_t { grey = 0, rgb = 2, palette = 3, grey_alpha = 4, rgba = 6 };

/// A PNG with the given header and rows of samples (8 bits, or 16 big-endian); a palette has two entries, black and
/// (10, 20, 30). The rows need not fit the header: that is how tests make false files.
std::vector<std::byte> encode_png(std::uint32_t width, std::uint32_t height, png_kind kind, int bits,
                                  const std::vector<std::vector<std::uint8_t>>& rows);

std::vector<std::byte> encode_png(const inference::image& picture);

/// A PNG with one more chunk behind the chunk IHDR, or in front of IEND.
enum class png_place { front, end };
std::vector<std::byte> with_chunk(std::vector<std::byte> png, png_place where, std::string_view type,
                                  const std::vector<std::uint8_t>& content);

/// A JPEG with one more segment behind those that are there, in front of the tables; `marker`: 0xE1 for APP1.
std::vector<std::byte> with_segment(std::vector<std::byte> jpeg, std::uint8_t marker,
                                    const std::vector<std::uint8_t>& content);

/// A plain WebP made an extended one that ends in a chunk EXIF.
std::vector<std::byte> webp_with_exif(const std::vector<std::byte>& webp, const inference::image& picture,
                                      const std::vector<std::uint8_t>& exif);

}  // namespace dvfo::tests
