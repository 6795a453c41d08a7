#pragma once

#include <cstddef>

#include "inference/data/dataset.hpp"

namespace dvfo::policy {

/// Mean size of `count` images of `images`, taken evenly, or of all if they are fewer, as JPEG files of the quality
/// that is sent, in the size that the set gives them. Throws what the set throws.
double mean_jpeg_bytes(const inference::dataset& images, std::size_t count);

}  // namespace dvfo::policy
