#include "tests/inference/test_images.hpp"

#include <zlib.h>

#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string_view>

// The JPEG header needs FILE declared before it.
#include <jpeglib.h>

namespace dvfo::tests {
namespace {

std::vector<std::byte> to_bytes(const std::uint8_t* data, std::size_t size) {
  const auto* first = reinterpret_cast<const std::byte*>(data);
  return {first, first + size};
}

std::vector<std::byte> compress_jpeg(int width, int height, J_COLOR_SPACE space, int components, bool progressive,
                                     const std::vector<std::uint8_t>& samples) {
  jpeg_error_mgr errors{};
  jpeg_compress_struct state{};
  state.err = jpeg_std_error(&errors);
  jpeg_create_compress(&state);
  unsigned char* buffer = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&state, &buffer, &size);
  state.image_width = static_cast<JDIMENSION>(width);
  state.image_height = static_cast<JDIMENSION>(height);
  state.in_color_space = space;
  state.input_components = components;
  jpeg_set_defaults(&state);
  jpeg_set_quality(&state, 97, TRUE);
  if (progressive) jpeg_simple_progression(&state);
  jpeg_start_compress(&state, TRUE);
  const auto stride = static_cast<std::size_t>(width) * static_cast<std::size_t>(components);
  while (state.next_scanline < state.image_height) {
    // libjpeg takes rows that it could change but does not.
    JSAMPROW row = const_cast<JSAMPROW>(samples.data() + state.next_scanline * stride);
    jpeg_write_scanlines(&state, &row, 1);
  }
  jpeg_finish_compress(&state);
  jpeg_destroy_compress(&state);
  auto bytes = to_bytes(buffer, size);
  std::free(buffer);
  return bytes;
}

void append_number(std::vector<std::uint8_t>& to, std::uint32_t number) {
  for (int shift = 24; shift >= 0; shift -= 8) to.push_back(static_cast<std::uint8_t>(number >> shift));
}

void append_chunk(std::vector<std::uint8_t>& file, std::string_view type, const std::vector<std::uint8_t>& content) {
  append_number(file, static_cast<std::uint32_t>(content.size()));
  const std::size_t checked = file.size();
  file.insert(file.end(), type.begin(), type.end());
  file.insert(file.end(), content.begin(), content.end());
  append_number(file,
                static_cast<std::uint32_t>(crc32(0, file.data() + checked, static_cast<uInt>(file.size() - checked))));
}

}  // namespace

inference::image make_gradient(int width, int height) {
  inference::image made{width, height, {}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      made.pixels.push_back(static_cast<std::uint8_t>(40 + 150 * x / width));
      made.pixels.push_back(static_cast<std::uint8_t>(200 - 120 * y / height));
      made.pixels.push_back(static_cast<std::uint8_t>(90 + 60 * (x + y) / (width + height)));
    }
  }
  return made;
}

std::vector<std::byte> encode_jpeg(const inference::image& picture, bool progressive) {
  return compress_jpeg(picture.width, picture.height, JCS_RGB, 3, progressive, picture.pixels);
}

std::vector<std::byte> encode_flat_jpeg(int width, int height, const std::vector<std::uint8_t>& colour) {
  std::vector<std::uint8_t> samples;
  for (int pixel = 0; pixel < width * height; ++pixel) samples.insert(samples.end(), colour.begin(), colour.end());
  const auto space = colour.size() == 1 ? JCS_GRAYSCALE : JCS_CMYK;
  return compress_jpeg(width, height, space, static_cast<int>(colour.size()), false, samples);
}

std::vector<std::byte> encode_png(std::uint32_t width, std::uint32_t height, png_kind kind, int bits,
                                  const std::vector<std::vector<std::uint8_t>>& rows) {
  std::vector<std::uint8_t> file = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
  std::vector<std::uint8_t> header;
  append_number(header, width);
  append_number(header, height);
  header.insert(header.end(), {static_cast<std::uint8_t>(bits), static_cast<std::uint8_t>(kind), 0, 0, 0});
  append_chunk(file, "IHDR", header);
  if (kind == png_kind::palette) append_chunk(file, "PLTE", {0, 0, 0, 10, 20, 30});
  std::vector<std::uint8_t> raw;
  for (const auto& row : rows) {
    raw.push_back(0);  // no filter
    raw.insert(raw.end(), row.begin(), row.end());
  }
  uLongf size = compressBound(static_cast<uLong>(raw.size()));
  std::vector<std::uint8_t> packed(size);
  if (compress(packed.data(), &size, raw.data(), static_cast<uLong>(raw.size())) != Z_OK)
    throw std::runtime_error("zlib");
  packed.resize(size);
  append_chunk(file, "IDAT", packed);
  append_chunk(file, "IEND", {});
  return to_bytes(file.data(), file.size());
}

std::vector<std::byte> encode_png(const inference::image& picture) {
  const auto stride = 3 * static_cast<std::size_t>(picture.width);
  std::vector<std::vector<std::uint8_t>> rows;
  for (auto at = picture.pixels.begin(); at != picture.pixels.end(); at += static_cast<std::ptrdiff_t>(stride)) {
    rows.emplace_back(at, at + static_cast<std::ptrdiff_t>(stride));
  }
  return encode_png(static_cast<std::uint32_t>(picture.width), static_cast<std::uint32_t>(picture.height),
                    png_kind::rgb, 8, rows);
}

std::vector<std::byte> with_chunk(std::vector<std::byte> png, png_place where, std::string_view type,
                                  const std::vector<std::uint8_t>& content) {
  std::vector<std::uint8_t> chunk;
  append_chunk(chunk, type, content);
  const auto bytes = to_bytes(chunk.data(), chunk.size());
  constexpr std::ptrdiff_t signature_and_header = 8 + 25;
  constexpr std::ptrdiff_t end_chunk = 12;
  const auto at = where == png_place::front ? png.begin() + signature_and_header : png.end() - end_chunk;
  png.insert(at, bytes.begin(), bytes.end());
  return png;
}

std::vector<std::byte> with_segment(std::vector<std::byte> jpeg, std::uint8_t marker,
                                    const std::vector<std::uint8_t>& content) {
  std::size_t at = 2;  // behind the start of the image and all APP segments
  while ((jpeg.at(at + 1) & std::byte{0xF0}) == std::byte{0xE0}) {
    at += 2 + (std::to_integer<std::size_t>(jpeg.at(at + 2)) << 8U) + std::to_integer<std::size_t>(jpeg.at(at + 3));
  }
  const auto length = content.size() + 2;
  std::vector<std::uint8_t> segment = {0xFF, marker, static_cast<std::uint8_t>(length >> 8U),
                                       static_cast<std::uint8_t>(length)};
  segment.insert(segment.end(), content.begin(), content.end());
  const auto bytes = to_bytes(segment.data(), segment.size());
  jpeg.insert(jpeg.begin() + static_cast<std::ptrdiff_t>(at), bytes.begin(), bytes.end());
  return jpeg;
}

std::vector<std::byte> webp_with_exif(const std::vector<std::byte>& webp, const inference::image& picture,
                                      const std::vector<std::uint8_t>& exif) {
  std::vector<std::uint8_t> file;
  const auto little_endian = [&](std::size_t number, int bytes) {
    for (int i = 0; i < bytes; ++i) file.push_back(static_cast<std::uint8_t>(number >> (8 * i)));
  };
  const auto text = [&](std::string_view letters) { file.insert(file.end(), letters.begin(), letters.end()); };
  constexpr std::size_t riff_header = 12;
  constexpr std::size_t extension = 18;
  text("RIFF");
  little_endian(webp.size() - 8 + extension + 8 + exif.size() + exif.size() % 2, 4);
  text("WEBPVP8X");
  little_endian(10, 4);
  little_endian(8, 4);  // flag: there is EXIF
  little_endian(static_cast<std::size_t>(picture.width) - 1, 3);
  little_endian(static_cast<std::size_t>(picture.height) - 1, 3);
  for (std::size_t i = riff_header; i < webp.size(); ++i) file.push_back(std::to_integer<std::uint8_t>(webp[i]));
  text("EXIF");
  little_endian(exif.size(), 4);
  file.insert(file.end(), exif.begin(), exif.end());
  if (exif.size() % 2 != 0) file.push_back(0);
  return to_bytes(file.data(), file.size());
}

}  // namespace dvfo::tests
