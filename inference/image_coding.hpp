#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "inference/image.hpp"

/// Lossy picture formats as the yardstick of features: what a client that sends the picture itself would put on the
/// wire.
namespace dvfo::inference {

/// libjpeg's default: of every JPEG that a node or a scheme sends.
inline constexpr int jpeg_quality = 75;

/// A baseline JPEG at libjpeg's `quality` (1…100): chroma at half the resolution, Huffman tables made for this picture.
/// Throws error(bad_argument) for a quality out of range or a picture whose pixels do not fit its size. Thread-safe.
std::vector<std::byte> encode_jpeg(const image& picture, int quality);

/// A lossy WebP at libwebp's `quality` (0…100), otherwise libwebp's defaults. Throws and is thread-safe as encode_jpeg.
std::vector<std::byte> encode_webp(const image& picture, int quality);

/// Decodes a still WebP, upright by its EXIF; alpha is dropped. Throws error(bad_image) naming `name`, images over 64
/// megapixels included. Thread-safe. (A JPEG is decode_image's business.)
image decode_webp(std::span<const std::byte> bytes, const std::string& name);

}  // namespace dvfo::inference
