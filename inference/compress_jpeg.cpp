#include <fmt/format.h>

#include <csetjmp>
#include <cstdio>
#include <cstdlib>

// The JPEG header needs FILE declared before it.
#include <jpeglib.h>

#include "inference/error.hpp"
#include "inference/image.hpp"

namespace dvfo::inference {
namespace {

/// libjpeg reports failures by calling back; the callback leaves by longjmp, as the library's manual asks.
struct encoder_failure {
  jpeg_error_mgr manager;  // first member: libjpeg hands back a pointer to it
  std::jmp_buf jump;
};

[[noreturn]] void leave_encoder(j_common_ptr common) {
  std::longjmp(reinterpret_cast<encoder_failure*>(common->err)->jump, 1);
}

struct encoded {
  unsigned char* bytes = nullptr;  // by malloc
  unsigned long size = 0;
};

/// Holds nothing with a destructor, so that longjmp may cross it.
bool encode(const image& picture, encoded& out) {
  encoder_failure failure{};
  jpeg_compress_struct state{};
  state.err = jpeg_std_error(&failure.manager);
  failure.manager.error_exit = leave_encoder;
  if (setjmp(failure.jump) != 0) {
    jpeg_destroy_compress(&state);
    return false;
  }
  jpeg_create_compress(&state);
  jpeg_mem_dest(&state, &out.bytes, &out.size);
  state.image_width = static_cast<JDIMENSION>(picture.width);
  state.image_height = static_cast<JDIMENSION>(picture.height);
  state.in_color_space = JCS_RGB;
  state.input_components = 3;
  jpeg_set_defaults(&state);  // quality 75
  jpeg_start_compress(&state, TRUE);
  const auto stride = 3 * static_cast<std::size_t>(picture.width);
  while (state.next_scanline < state.image_height) {
    // libjpeg takes rows that it could change but does not.
    JSAMPROW row = const_cast<JSAMPROW>(picture.pixels.data() + state.next_scanline * stride);
    jpeg_write_scanlines(&state, &row, 1);
  }
  jpeg_finish_compress(&state);
  jpeg_destroy_compress(&state);
  return true;
}

}  // namespace

std::vector<std::byte> compress_jpeg(const image& picture) {
  const bool fits = picture.width > 0 && picture.height > 0 && picture.width <= JPEG_MAX_DIMENSION &&
                    picture.height <= JPEG_MAX_DIMENSION;
  const auto expected =
      3 * static_cast<std::size_t>(fits ? picture.width : 0) * static_cast<std::size_t>(picture.height);
  if (!fits || picture.pixels.size() != expected) {
    throw error(errc::bad_image,
                fmt::format("an image of {} × {} with {} bytes of pixels cannot become a JPEG; expected 1 to {} a side "
                            "and 3 bytes a pixel",
                            picture.width, picture.height, picture.pixels.size(), JPEG_MAX_DIMENSION));
  }
  encoded out;
  const bool done = encode(picture, out);
  const auto* const first = reinterpret_cast<const std::byte*>(out.bytes);
  std::vector<std::byte> bytes;
  if (done) bytes.assign(first, first + out.size);
  std::free(out.bytes);
  if (!done) throw error(errc::bad_image, "libjpeg could not encode an image; is there memory left?");
  return bytes;
}

}  // namespace dvfo::inference
