#include "inference/exif.hpp"

#include <zlib.h>

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>

namespace dvfo::inference {
namespace {

using byte_span = std::span<const std::byte>;

constexpr int as_stored = 1;

/// Number of `size` bytes at `at`, which must lie in `bytes`.
std::uint32_t number(byte_span bytes, std::size_t at, std::size_t size, bool is_little_endian) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < size; ++i) {
    const auto next = std::to_integer<std::uint32_t>(bytes[is_little_endian ? at + size - 1 - i : at + i]);
    value = (value << 8U) | next;
  }
  return value;
}
std::uint32_t big_endian(byte_span bytes, std::size_t at, std::size_t size) { return number(bytes, at, size, false); }

bool has_text(byte_span bytes, std::size_t at, std::string_view text) {
  return bytes.size() >= at && bytes.size() - at >= text.size() &&
         std::equal(text.begin(), text.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at),
                    [](char expected, std::byte found) { return static_cast<std::byte>(expected) == found; });
}

/// EXIF is a TIFF file without pictures: byte order, place of the first directory, which lists its tags in 12 bytes
/// each.
int orientation_of(byte_span exif) {
  constexpr std::string_view jpeg_header("Exif\0\0", 6);  // some writers leave it where it does not belong
  constexpr std::size_t entry_bytes = 12;
  constexpr std::uint32_t orientation_tag = 274;
  constexpr std::uint32_t short_type = 3;
  if (has_text(exif, 0, jpeg_header)) exif = exif.subspan(jpeg_header.size());
  const bool is_little = has_text(exif, 0, std::string_view("II*\0", 4));
  if (exif.size() < 8 || (!is_little && !has_text(exif, 0, std::string_view("MM\0*", 4)))) return as_stored;
  const std::size_t directory = number(exif, 4, 4, is_little);
  if (directory > exif.size() - 2) return as_stored;
  const std::size_t entries = number(exif, directory, 2, is_little);
  for (std::size_t i = 0, at = directory + 2; i < entries && exif.size() - at >= entry_bytes; ++i, at += entry_bytes) {
    if (number(exif, at, 2, is_little) != orientation_tag) continue;
    const bool is_one_short =
        number(exif, at + 2, 2, is_little) == short_type && number(exif, at + 4, 4, is_little) == 1;
    const auto value = static_cast<int>(number(exif, at + 8, 2, is_little));
    return is_one_short && value >= 1 && value <= 8 ? value : as_stored;
  }
  return as_stored;
}

}  // namespace

int jpeg_orientation(byte_span file) {
  constexpr std::uint32_t app1 = 0xE1;
  constexpr std::uint32_t start_of_scan = 0xDA;
  constexpr std::uint32_t end_of_image = 0xD9;
  const auto stands_alone = [](std::uint32_t marker) { return marker == 0x01 || (marker >= 0xD0 && marker <= 0xD7); };
  for (std::size_t at = 2; at < file.size() && file.size() - at >= 4;) {
    if (big_endian(file, at, 1) != 0xFF) break;
    const auto marker = big_endian(file, at + 1, 1);
    if (marker == start_of_scan || marker == end_of_image) break;
    if (marker == 0xFF || stands_alone(marker)) {
      at += marker == 0xFF ? 1 : 2;  // a marker may be filled up in front
      continue;
    }
    const std::size_t length = big_endian(file, at + 2, 2);  // with its own two bytes
    if (length < 2 || length > file.size() - at - 2) break;
    // Other things live in APP1, too: XMP, long maker's notes.
    if (marker == app1 && has_text(file, at + 4, std::string_view("Exif\0", 5)) && length >= 8) {
      return orientation_of(file.subspan(at + 10, length - 8));
    }
    at += 2 + length;
  }
  return as_stored;
}

int png_orientation(byte_span file) {
  constexpr std::size_t around = 12;  // length and type in front of a chunk's content, checksum behind it
  for (std::size_t at = 8; at < file.size() && file.size() - at >= around;) {
    const std::size_t length = big_endian(file, at, 4);
    if (length > file.size() - at - around || has_text(file, at + 4, "IEND")) break;
    if (has_text(file, at + 4, "eXIf")) {
      const auto sum = crc32(0, reinterpret_cast<const Bytef*>(file.data() + at + 4), static_cast<uInt>(length + 4));
      return sum == big_endian(file, at + 8 + length, 4) ? orientation_of(file.subspan(at + 8, length)) : as_stored;
    }
    at += around + length;
  }
  return as_stored;
}

int webp_orientation(byte_span file) {
  constexpr std::size_t in_front = 8;  // of a chunk's content: type and length
  for (std::size_t at = 12; at < file.size() && file.size() - at >= in_front;) {
    const std::size_t length = number(file, at + 4, 4, true);
    if (length > file.size() - at - in_front) break;
    if (has_text(file, at, "EXIF")) return orientation_of(file.subspan(at + in_front, length));
    at += in_front + length + length % 2;
  }
  return as_stored;
}

image upright(image stored, int orientation) {
  if (orientation == as_stored) return stored;
  const bool is_turned = orientation >= 5;
  const bool columns_backwards = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool rows_backwards = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  // Where reading begins in the stored picture, and how far it goes for the next pixel to the right and below.
  const std::ptrdiff_t row = std::ptrdiff_t{3} * stored.width;
  const std::ptrdiff_t first = (columns_backwards ? row - 3 : 0) + (rows_backwards ? row * (stored.height - 1) : 0);
  std::ptrdiff_t right = columns_backwards ? -3 : 3;
  std::ptrdiff_t below = rows_backwards ? -row : row;
  image out{stored.width, stored.height, std::vector<std::uint8_t>(stored.pixels.size())};
  if (is_turned) {
    std::swap(right, below);
    std::swap(out.width, out.height);
  }
  auto* to = out.pixels.data();
  for (int y = 0; y < out.height; ++y) {
    const auto* from = stored.pixels.data() + first + y * below;
    for (int x = 0; x < out.width; ++x, to += 3) std::copy_n(from + x * right, 3, to);
  }
  return out;
}

}  // namespace dvfo::inference
