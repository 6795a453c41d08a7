#include "inference/tasks/picture.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "inference/error.hpp"
#include "inference/image_coding.hpp"

namespace dvfo::inference {
namespace {

std::string to_string(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

image from_pixels(std::uint32_t width, std::span<const std::byte> bytes, const std::string& name) {
  const std::size_t row = std::size_t{3} * width;
  if (row == 0 || bytes.empty() || bytes.size() % row != 0) {
    throw error(errc::bad_image, fmt::format("{}: {} bytes of pixels, expected whole rows of {} pixels, 3 bytes each",
                                             name, bytes.size(), width));
  }
  image out{.width = static_cast<int>(width), .height = static_cast<int>(bytes.size() / row), .pixels = {}};
  out.pixels.resize(bytes.size());
  std::memcpy(out.pixels.data(), bytes.data(), bytes.size());
  return out;
}

}  // namespace

coded_input compressed(const image& picture, int input_size) {
  return {.coding = input_coding::jpeg,
          .width = 0,
          .bytes = to_string(encode_jpeg(resize_and_centre_crop(picture, input_size), jpeg_quality))};
}

coded_input reduced(const image& picture, int input_size, double share) {
  const auto whole = resize_and_centre_crop(picture, input_size);
  const int side = std::max(1, static_cast<int>(std::lround(input_size * std::sqrt(share))));
  const auto part = resize_and_centre_crop(whole, side);
  return {.coding = input_coding::pixels,
          .width = static_cast<std::uint32_t>(part.width),
          .bytes = to_string(std::as_bytes(std::span(part.pixels)))};
}

image decode_picture(input_coding coding, std::uint32_t width, std::span<const std::byte> bytes,
                     const std::string& name) {
  if (coding == input_coding::pixels) return from_pixels(width, bytes, name);
  return decode_image(bytes, name);
}

}  // namespace dvfo::inference
