#include "inference/image_coding.hpp"

#include <fmt/format.h>
#include <webp/decode.h>
#include <webp/encode.h>

#include <array>
#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <new>
#include <utility>

// The JPEG header needs size_t and FILE declared before it.
#include <jpeglib.h>

#include "inference/error.hpp"
#include "inference/exif.hpp"

namespace dvfo::inference {
namespace {

constexpr std::uint64_t max_pixels = 64'000'000;  // as decode_image
constexpr int jpeg_max_side = 65500;
constexpr int webp_max_side = 16383;

void check(const image& picture, int quality, int lowest_quality, int max_side, const char* format) {
  if (quality < lowest_quality || quality > 100) {
    throw error(errc::bad_argument,
                fmt::format("{} quality is {}, expected {} to 100", format, quality, lowest_quality));
  }
  if (picture.width < 1 || picture.height < 1 || picture.width > max_side || picture.height > max_side) {
    throw error(errc::bad_argument,
                fmt::format("a picture of {} x {} pixels cannot be a {}; sides of 1 to {} are expected", picture.width,
                            picture.height, format, max_side));
  }
  const auto expected =
      std::size_t{3} * static_cast<std::size_t>(picture.width) * static_cast<std::size_t>(picture.height);
  if (picture.pixels.size() != expected) {
    throw error(errc::bad_argument, fmt::format("a picture of {} x {} pixels holds {} bytes, expected {}",
                                                picture.width, picture.height, picture.pixels.size(), expected));
  }
}

/// libjpeg reports failures by calling back; the callback leaves by longjmp, as the library's manual asks.
struct jpeg_failure {
  jpeg_error_mgr manager;  // first member: libjpeg hands back a pointer to it
  std::jmp_buf jump;
  std::array<char, JMSG_LENGTH_MAX> text;
};

[[noreturn]] void leave_encoder(j_common_ptr common) {
  auto& failure = *reinterpret_cast<jpeg_failure*>(common->err);
  common->err->format_message(common, failure.text.data());
  std::longjmp(failure.jump, 1);
}

/// One JPEG being written. write() holds nothing with a destructor, so that longjmp may cross it.
class jpeg_writer {
 public:
  jpeg_writer() {
    state_.err = jpeg_std_error(&failure_.manager);
    failure_.manager.error_exit = leave_encoder;
    failure_.text[0] = '\0';
  }
  ~jpeg_writer() {
    jpeg_destroy_compress(&state_);
    std::free(out_);
  }
  jpeg_writer(const jpeg_writer&) = delete;
  jpeg_writer& operator=(const jpeg_writer&) = delete;

  [[nodiscard]] bool write(const image& picture, int quality) {
    if (setjmp(failure_.jump) != 0) return false;
    jpeg_create_compress(&state_);
    jpeg_mem_dest(&state_, &out_, &size_);
    state_.image_width = static_cast<JDIMENSION>(picture.width);
    state_.image_height = static_cast<JDIMENSION>(picture.height);
    state_.input_components = 3;
    state_.in_color_space = JCS_RGB;
    jpeg_set_defaults(&state_);
    jpeg_set_quality(&state_, quality, TRUE);
    state_.optimize_coding = TRUE;
    jpeg_start_compress(&state_, TRUE);
    while (state_.next_scanline < state_.image_height) {
      // libjpeg only reads the row; its type is older than const.
      JSAMPROW row =
          const_cast<JSAMPROW>(picture.pixels.data()) + std::size_t{3} * state_.next_scanline * state_.image_width;
      jpeg_write_scanlines(&state_, &row, 1);
    }
    jpeg_finish_compress(&state_);
    return true;
  }

  [[nodiscard]] std::span<const std::byte> bytes() const { return std::as_bytes(std::span(out_, size_)); }
  [[nodiscard]] const char* reason() const { return failure_.text.data(); }

 private:
  jpeg_compress_struct state_{};
  jpeg_failure failure_{};
  unsigned char* out_ = nullptr;
  unsigned long size_ = 0;  // NOLINT(google-runtime-int): libjpeg's type
};

struct free_webp {
  void operator()(std::uint8_t* bytes) const { WebPFree(bytes); }
};
using webp_buffer = std::unique_ptr<std::uint8_t, free_webp>;

}  // namespace

std::vector<std::byte> encode_jpeg(const image& picture, int quality) {
  check(picture, quality, 1, jpeg_max_side, "JPEG");
  jpeg_writer writer;
  if (!writer.write(picture, quality)) {
    throw error(errc::bad_argument, fmt::format("the picture cannot be written as JPEG: {}", writer.reason()));
  }
  return {writer.bytes().begin(), writer.bytes().end()};
}

std::vector<std::byte> encode_webp(const image& picture, int quality) {
  check(picture, quality, 0, webp_max_side, "WebP");
  std::uint8_t* out = nullptr;
  const std::size_t size = WebPEncodeRGB(picture.pixels.data(), picture.width, picture.height, 3 * picture.width,
                                         static_cast<float>(quality), &out);
  const webp_buffer owner(out);
  if (size == 0) throw std::bad_alloc();  // sizes are checked above: nothing else is left to fail
  const auto bytes = std::as_bytes(std::span(out, size));
  return {bytes.begin(), bytes.end()};
}

image decode_webp(std::span<const std::byte> bytes, const std::string& name) {
  const auto* const data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  image out;
  if (WebPGetInfo(data, bytes.size(), &out.width, &out.height) == 0) {
    throw error(errc::bad_image, fmt::format("{}: not a readable WebP; a complete still WebP is expected", name));
  }
  const auto pixels = static_cast<std::uint64_t>(out.width) * static_cast<std::uint64_t>(out.height);
  if (pixels > max_pixels) {
    throw error(errc::bad_image, fmt::format("{}: the image is {} x {} pixels, over the limit of {} megapixels", name,
                                             out.width, out.height, max_pixels / 1'000'000));
  }
  out.pixels.resize(3 * pixels);
  if (WebPDecodeRGBInto(data, bytes.size(), out.pixels.data(), out.pixels.size(), 3 * out.width) == nullptr) {
    throw error(errc::bad_image,
                fmt::format("{}: the WebP is damaged or cut short; a complete file is expected", name));
  }
  return upright(std::move(out), webp_orientation(bytes));
}

}  // namespace dvfo::inference
