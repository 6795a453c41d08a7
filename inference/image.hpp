#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace dvfo::inference {

/// An 8-bit RGB image; `pixels` holds rows top to bottom, interleaved R, G, B, so its size is 3 × width × height.
struct image {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> pixels;
};

/// Decodes a JPEG or PNG (recognised by its first bytes, not its name); grey and palette images become RGB, alpha is
/// dropped, 16 bits become 8, CMYK JPEGs are converted by the plain ink model. The image comes upright: an EXIF
/// orientation is applied (inference/exif.hpp), and EXIF that makes no sense is ignored. Damaged or missing data is an
/// error even where a decoder could guess the rest; images over 64 megapixels are refused before their pixels are
/// allocated. Throws error(bad_image) naming `name` (shown to the user), what was found and what was expected.
/// Thread-safe.
image decode_image(std::span<const std::byte> bytes, const std::string& name);

/// Reads and decodes one file. Throws error(io) when it cannot be read, else as decode_image. Thread-safe.
image read_image(const std::filesystem::path& file);

/// Whether a file of a folder is taken for a picture, by its name: .jpg, .jpeg or .png, in capitals or not.
bool is_image_name(const std::filesystem::path& file);

/// Scales the shorter side to `size` (bilinear with area averaging when shrinking) and crops the centre square, the
/// usual preparation of ImageNet images. Returns `source` itself when it already is size × size.
image resize_and_centre_crop(const image& source, int size);

}  // namespace dvfo::inference
