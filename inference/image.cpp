#include "inference/image.hpp"

#include <fmt/format.h>
#include <png.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <iterator>
#include <limits>
#include <optional>

// The JPEG headers need size_t and FILE declared before them.
#include <jerror.h>
#include <jpeglib.h>

#include "files/folder.hpp"
#include "files/reading.hpp"
#include "inference/error.hpp"
#include "inference/exif.hpp"
#include "inference/file_errors.hpp"

namespace dvfo::inference {
namespace {

constexpr std::uint64_t max_pixels = 64'000'000;
/// A file over this size cannot be an image of at most 64 megapixels in any sensible encoding.
constexpr std::uintmax_t max_file_bytes = 512U << 20U;
/// Progressive files with more scans than this exist only to burn a decoder's time.
constexpr int max_scans = 200;
constexpr int max_side_after_resize = 8192;

[[noreturn]] void refuse(const std::string& name, const std::string& what) {
  throw error(errc::bad_image, fmt::format("{}: {}", name, what));
}

void check_dimensions(std::uint64_t width, std::uint64_t height, const std::string& name) {
  if (width == 0 || height == 0)
    refuse(name, fmt::format("the image is {} x {} pixels; at least 1 x 1 is expected", width, height));
  if (width > max_pixels || height > max_pixels || width * height > max_pixels) {
    refuse(name, fmt::format("the image is {} x {} pixels, over the limit of {} megapixels; shrink it first", width,
                             height, max_pixels / 1'000'000));
  }
}

// -- JPEG
// ---------------------------------------------------------------------------------------------------------------

/// libjpeg reports failures by calling back; the callbacks leave by longjmp, as the library's manual asks.
struct jpeg_failure {
  jpeg_error_mgr manager;  // first member: libjpeg hands back a pointer to it
  std::jmp_buf jump;
  std::array<char, JMSG_LENGTH_MAX> text;
};

jpeg_failure& failure_of(j_common_ptr common) { return *reinterpret_cast<jpeg_failure*>(common->err); }

[[noreturn]] void leave_decoder(j_common_ptr common) {
  common->err->format_message(common, failure_of(common).text.data());
  std::longjmp(failure_of(common).jump, 1);
}

/// Warnings mean damaged or missing data, hence pixels that libjpeg made up: they are failures, save a few about
/// harmless irregularities that real cameras and converters produce.
void judge_message(j_common_ptr common, int level) {
  if (level >= 0) return;
  switch (common->err->msg_code) {
    case JWRN_EXTRANEOUS_DATA:
    case JWRN_JFIF_MAJOR:
    case JWRN_ADOBE_XFORM:
      return;
    default:
      leave_decoder(common);
  }
}

void limit_scans(j_common_ptr common) {
  if (reinterpret_cast<j_decompress_ptr>(common)->input_scan_number <= max_scans) return;
  std::snprintf(failure_of(common).text.data(), JMSG_LENGTH_MAX, "more than %d scans", max_scans);
  std::longjmp(failure_of(common).jump, 1);
}

/// One JPEG being decoded. The methods that call libjpeg hold nothing with a destructor, so that longjmp may cross
/// them.
class jpeg_reader {
 public:
  explicit jpeg_reader(std::span<const std::byte> bytes) : bytes_(bytes) {
    state_.err = jpeg_std_error(&failure_.manager);
    failure_.manager.error_exit = leave_decoder;
    failure_.manager.emit_message = judge_message;
    failure_.text[0] = '\0';
    progress_.progress_monitor = limit_scans;
  }
  ~jpeg_reader() { jpeg_destroy_decompress(&state_); }
  jpeg_reader(const jpeg_reader&) = delete;
  jpeg_reader& operator=(const jpeg_reader&) = delete;

  [[nodiscard]] bool read_header() {
    if (setjmp(failure_.jump) != 0) return false;
    jpeg_create_decompress(&state_);
    state_.progress = &progress_;
    jpeg_mem_src(&state_, reinterpret_cast<const unsigned char*>(bytes_.data()), bytes_.size());
    jpeg_read_header(&state_, TRUE);
    const bool four_inks = state_.jpeg_color_space == JCS_CMYK || state_.jpeg_color_space == JCS_YCCK;
    state_.out_color_space = four_inks ? JCS_CMYK : JCS_RGB;
    return true;
  }

  /// Fills `pixels` with height rows of `stride` = width × components() bytes.
  [[nodiscard]] bool read_pixels(std::uint8_t* pixels, std::size_t stride) {
    if (setjmp(failure_.jump) != 0) return false;
    jpeg_start_decompress(&state_);
    while (state_.output_scanline < state_.output_height) {
      JSAMPROW row = pixels + state_.output_scanline * stride;
      jpeg_read_scanlines(&state_, &row, 1);
    }
    jpeg_finish_decompress(&state_);
    return true;
  }

  [[nodiscard]] std::size_t width() const { return state_.image_width; }
  [[nodiscard]] std::size_t height() const { return state_.image_height; }
  [[nodiscard]] std::size_t components() const { return state_.out_color_space == JCS_CMYK ? 4 : 3; }
  [[nodiscard]] bool inverted_inks() const { return state_.saw_Adobe_marker != 0; }
  [[nodiscard]] const char* reason() const { return failure_.text.data(); }

 private:
  std::span<const std::byte> bytes_;
  jpeg_decompress_struct state_{};
  jpeg_failure failure_{};
  jpeg_progress_mgr progress_{};
};

/// Plain ink model without a colour profile. Adobe's files store the inks inverted.
std::vector<std::uint8_t> cmyk_to_rgb(const std::vector<std::uint8_t>& inks, bool inverted) {
  std::vector<std::uint8_t> rgb;
  rgb.reserve(inks.size() / 4 * 3);
  for (std::size_t at = 0; at + 4 <= inks.size(); at += 4) {
    const int white = inverted ? inks[at + 3] : 255 - inks[at + 3];
    for (std::size_t channel = 0; channel < 3; ++channel) {
      const int left = inverted ? inks[at + channel] : 255 - inks[at + channel];
      rgb.push_back(static_cast<std::uint8_t>((left * white + 127) / 255));
    }
  }
  return rgb;
}

image decode_jpeg(std::span<const std::byte> bytes, const std::string& name) {
  jpeg_reader reader(bytes);
  if (!reader.read_header())
    refuse(name, fmt::format("not a readable JPEG ({}); a complete baseline or progressive JPEG is expected",
                             reader.reason()));
  check_dimensions(reader.width(), reader.height(), name);
  const std::size_t stride = reader.width() * reader.components();
  std::vector<std::uint8_t> pixels(stride * reader.height());
  if (!reader.read_pixels(pixels.data(), stride)) {
    refuse(name, fmt::format("the JPEG is damaged or cut short ({}); a complete file is expected, copy it again",
                             reader.reason()));
  }
  if (reader.components() == 4) pixels = cmyk_to_rgb(pixels, reader.inverted_inks());
  return upright({static_cast<int>(reader.width()), static_cast<int>(reader.height()), std::move(pixels)},
                 jpeg_orientation(bytes));
}

// -- PNG
// ----------------------------------------------------------------------------------------------------------------

/// Frees what libpng holds for an image, whatever way the decoder is left.
struct png_guard {
  png_image* state;
  ~png_guard() { png_image_free(state); }
};

void drop_alpha(std::vector<std::uint8_t>& pixels) {
  std::size_t to = 0;
  for (std::size_t from = 0; from + 4 <= pixels.size(); from += 4, to += 3) {
    pixels[to] = pixels[from];
    pixels[to + 1] = pixels[from + 1];
    pixels[to + 2] = pixels[from + 2];
  }
  pixels.resize(to);
}

image decode_png(std::span<const std::byte> bytes, const std::string& name) {
  png_image state{};
  state.version = PNG_IMAGE_VERSION;
  const png_guard guard{&state};
  if (png_image_begin_read_from_memory(&state, bytes.data(), bytes.size()) == 0) {
    refuse(name, fmt::format("not a readable PNG ({}); a complete PNG file is expected", state.message));
  }
  check_dimensions(state.width, state.height, name);
  // 16-bit files without colour information hold the usual non-linear values, not light intensities.
  state.flags |= PNG_IMAGE_FLAG_16BIT_sRGB;
  // Asked for RGB alone, libpng would blend onto a background; colours under alpha are kept as they are instead.
  const bool has_alpha = (state.format & PNG_FORMAT_FLAG_ALPHA) != 0;
  state.format = has_alpha ? PNG_FORMAT_RGBA : PNG_FORMAT_RGB;
  const std::size_t width = state.width;
  const std::size_t height = state.height;
  std::vector<std::uint8_t> pixels(width * height * (has_alpha ? 4 : 3));
  if (png_image_finish_read(&state, nullptr, pixels.data(), 0, nullptr) == 0) {
    refuse(name, fmt::format("the PNG is damaged or cut short ({}); a complete file is expected, copy it again",
                             state.message));
  }
  if (has_alpha) drop_alpha(pixels);
  return upright({static_cast<int>(width), static_cast<int>(height), std::move(pixels)}, png_orientation(bytes));
}

bool starts_with(std::span<const std::byte> bytes, std::initializer_list<unsigned char> prefix) {
  return bytes.size() >= prefix.size() &&
         std::equal(prefix.begin(), prefix.end(), bytes.begin(),
                    [](unsigned char expected, std::byte found) { return std::byte{expected} == found; });
}

// -- scaling
// ------------------------------------------------------------------------------------------------------------

/// The weights of the source pixels that make one target pixel; they sum to 1.
struct kernel {
  int first = 0;
  std::vector<float> weights;
};

/// Triangle filter for target pixels [offset, offset + count) of a line scaled by `scale` source pixels a target pixel:
/// as wide as a target pixel's footprint when shrinking (area averaging), one source pixel when growing (bilinear).
std::vector<kernel> make_kernels(int source_length, double scale, int offset, int count) {
  const double support = std::max(scale, 1.0);
  std::vector<kernel> kernels(static_cast<std::size_t>(count));
  for (int target = 0; target < count; ++target) {
    const double centre = (offset + target + 0.5) * scale;
    const int first = std::max(0, static_cast<int>(std::floor(centre - support)));
    const int last = std::min(source_length - 1, static_cast<int>(std::ceil(centre + support)));
    kernel& made = kernels[static_cast<std::size_t>(target)];
    made.first = std::min(first, source_length - 1);
    double total = 0;
    for (int source = made.first; source <= last; ++source) {
      const double weight = std::max(0.0, 1.0 - std::abs(source + 0.5 - centre) / support);
      made.weights.push_back(static_cast<float>(weight));
      total += weight;
    }
    for (float& weight : made.weights) weight = static_cast<float>(weight / total);
  }
  return kernels;
}

/// One source row scaled to `kernels.size()` pixels of three floats.
void scale_row(const std::uint8_t* row, const std::vector<kernel>& kernels, float* scaled) {
  for (const kernel& k : kernels) {
    std::array<float, 3> sum{};
    const std::uint8_t* pixel = row + std::size_t{3} * static_cast<std::size_t>(k.first);
    for (const float weight : k.weights) {
      for (std::size_t channel = 0; channel < 3; ++channel) sum[channel] += weight * static_cast<float>(pixel[channel]);
      pixel += 3;
    }
    scaled = std::copy(sum.begin(), sum.end(), scaled);
  }
}

/// Where the centre square begins once a side of `length` has become `scaled` pixels long.
int crop_offset(int length, double scale, int size) {
  const double scaled = std::max(static_cast<double>(size), std::round(length / scale));
  return static_cast<int>((scaled - size) / 2);
}

}  // namespace

image decode_image(std::span<const std::byte> bytes, const std::string& name) {
  if (starts_with(bytes, {0xFF, 0xD8, 0xFF})) return decode_jpeg(bytes, name);
  if (starts_with(bytes, {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'})) return decode_png(bytes, name);
  if (bytes.empty()) refuse(name, "the file is empty; a JPEG or PNG image is expected");
  std::string head;
  for (const std::byte byte : bytes.first(std::min<std::size_t>(bytes.size(), 8)))
    head += fmt::format("{:02x} ", std::to_integer<int>(byte));
  refuse(name, fmt::format("neither a JPEG nor a PNG: {} bytes that begin with {}; convert the image to one of these",
                           bytes.size(), head));
}

image read_image(const std::filesystem::path& file) {
  const auto bytes = with_file_errors_as(errc::io, "a JPEG or PNG image is expected",
                                         [&] { return files::read_whole(file, max_file_bytes); });
  return decode_image(std::as_bytes(std::span(bytes)), file.string());
}

bool is_image_name(const std::filesystem::path& file) {
  static constexpr std::array<std::string_view, 3> endings{".jpg", ".jpeg", ".png"};
  return files::ends_in(file, endings);
}

image resize_and_centre_crop(const image& source, int size) {
  const auto expected = std::size_t{3} * static_cast<std::size_t>(std::max(source.width, 0)) *
                        static_cast<std::size_t>(std::max(source.height, 0));
  if (source.width <= 0 || source.height <= 0 || source.pixels.size() != expected) {
    throw error(errc::bad_argument, fmt::format("resize: an image of {} x {} has {} bytes of pixels; {} are expected",
                                                source.width, source.height, source.pixels.size(), expected));
  }
  if (size < 1 || size > max_side_after_resize) {
    throw error(errc::bad_argument,
                fmt::format("resize: the side is {}; 1 to {} is expected", size, max_side_after_resize));
  }
  if (source.width == size && source.height == size) return source;
  const double scale = static_cast<double>(std::min(source.width, source.height)) / size;
  const auto columns = make_kernels(source.width, scale, crop_offset(source.width, scale, size), size);
  const auto rows = make_kernels(source.height, scale, crop_offset(source.height, scale, size), size);

  const std::size_t row_floats = std::size_t{3} * static_cast<std::size_t>(size);
  const int top = rows.front().first;
  const int bottom = rows.back().first + static_cast<int>(rows.back().weights.size());
  std::vector<float> narrowed(row_floats * static_cast<std::size_t>(bottom - top));
  for (int row = top; row < bottom; ++row) {
    scale_row(
        source.pixels.data() + std::size_t{3} * static_cast<std::size_t>(row) * static_cast<std::size_t>(source.width),
        columns, narrowed.data() + row_floats * static_cast<std::size_t>(row - top));
  }

  image result{size, size, {}};
  result.pixels.reserve(row_floats * static_cast<std::size_t>(size));
  std::vector<float> sum(row_floats);
  for (const kernel& k : rows) {
    std::fill(sum.begin(), sum.end(), 0.0F);
    const float* line = narrowed.data() + row_floats * static_cast<std::size_t>(k.first - top);
    for (const float weight : k.weights) {
      for (std::size_t at = 0; at < row_floats; ++at) sum[at] += weight * line[at];
      line += row_floats;
    }
    for (const float value : sum)
      result.pixels.push_back(static_cast<std::uint8_t>(std::clamp(value + 0.5F, 0.0F, 255.0F)));
  }
  return result;
}

}  // namespace dvfo::inference
