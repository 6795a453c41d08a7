#pragma once

#include <cstddef>
#include <span>

#include "inference/image.hpp"

/// Cameras store a picture as the sensor saw it and say beside it how it was held: EXIF tag 274, orientation.
namespace dvfo::inference {

/// The orientation that a whole file's EXIF tells: 1 upright, 2 mirrored, 3 upside down, 4 both, 5 to 8 the same with
/// rows and columns exchanged. In a JPEG it stands in a segment APP1, in a PNG in a chunk eXIf, in a WebP in a chunk
/// EXIF. Where there is none, or one that is cut short, damaged or says something else, it is 1. Thread-safe.
int jpeg_orientation(std::span<const std::byte> file);
int png_orientation(std::span<const std::byte> file);
int webp_orientation(std::span<const std::byte> file);

/// A stored picture as the scene stood. `orientation`: 1 to 8; 1 gives the picture itself. Thread-safe.
image upright(image stored, int orientation);

}  // namespace dvfo::inference
