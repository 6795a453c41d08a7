#include "policy/task_cost/jpeg_bytes.hpp"

#include <algorithm>

#include "inference/image_coding.hpp"

namespace dvfo::policy {

double mean_jpeg_bytes(const inference::dataset& images, std::size_t count) {
  count = std::min(count, images.size());
  // Data sets come sorted by class: taken evenly, every class has its say.
  const std::size_t stride = std::max<std::size_t>(1, images.size() / std::max<std::size_t>(1, count));
  double bytes = 0.0;
  for (std::size_t i = 0; i < count; ++i) {
    bytes += static_cast<double>(inference::encode_jpeg(images.at(i * stride).picture, inference::jpeg_quality).size());
  }
  return count == 0 ? 0.0 : bytes / static_cast<double>(count);
}

}  // namespace dvfo::policy
