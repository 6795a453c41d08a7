#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "inference/image.hpp"
#include "inference/tasks/coded_input.hpp"

/// Pictures as inputs of tasks.
namespace dvfo::inference {

/// The picture as a network of this input size takes it, as a JPEG of jpeg_quality. Throws as encode_jpeg. Thread-safe.
coded_input compressed(const image& picture, int input_size);

/// The same uncompressed and so much smaller that it has `share` (above 0, at most 1) of the pixels: at least one.
/// Thread-safe.
coded_input reduced(const image& picture, int input_size, double share);

/// The picture that was so coded. Throws error(bad_image) naming `name`, as decode_image, where the bytes are none.
/// Thread-safe.
image decode_picture(input_coding coding, std::uint32_t width, std::span<const std::byte> bytes,
                     const std::string& name);

}  // namespace dvfo::inference
