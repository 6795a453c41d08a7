#include "inference/execution/fused_scam.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace dvfo::inference {
namespace {

constexpr float least_mass = 1e-12F;  // as the layer has it
constexpr std::size_t lanes = 16;     // partial sums, so that a reduction can use vector registers

std::vector<float> values_of(const torch::Tensor& tensor) {
  const auto dense = tensor.detach().to(torch::kFloat).contiguous();
  return {dense.data_ptr<float>(), dense.data_ptr<float>() + dense.numel()};
}

float sigmoid(float x) { return 1.0F / (1.0F + std::exp(-x)); }

struct pooled {
  float sum = 0.0F;
  float highest = 0.0F;  // features are never negative
};

pooled pool(const float* values, std::size_t count) {
  std::array<float, lanes> sums{};
  std::array<float, lanes> highest{};
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    for (std::size_t l = 0; l < lanes; ++l) {
      sums[l] += values[i + l];
      highest[l] = std::max(highest[l], values[i + l]);
    }
  }
  pooled out;
  for (std::size_t l = 0; l < lanes; ++l) {
    out.sum += sums[l];
    out.highest = std::max(out.highest, highest[l]);
  }
  for (; i < count; ++i) {
    out.sum += values[i];
    out.highest = std::max(out.highest, values[i]);
  }
  return out;
}

/// One map of the spatial convolution: 3×3, zeros around.
void add_convolved(const std::vector<float>& map, int height, int width, const float* kernel, std::vector<float>& to) {
  for (int dy = -1; dy <= 1; ++dy) {
    for (int dx = -1; dx <= 1; ++dx) {
      const float weight = kernel[(dy + 1) * 3 + dx + 1];
      const int first = std::max(0, -dx);
      const int last = std::min(width, width - dx);
      for (int y = std::max(0, -dy); y < std::min(height, height - dy); ++y) {
        const float* from = map.data() + (y + dy) * width + dx;
        float* target = to.data() + y * width;
        for (int x = first; x < last; ++x) target[x] += weight * from[x];
      }
    }
  }
}

}  // namespace

fused_scam::fused_scam(const scam_impl& trained) {
  const auto tensors = trained.named_parameters();
  squeeze_ = values_of(tensors["squeeze.weight"]);
  squeeze_bias_ = values_of(tensors["squeeze.bias"]);
  excite_ = values_of(tensors["excite.weight"]);
  excite_bias_ = values_of(tensors["excite.bias"]);
  spatial_ = values_of(tensors["spatial.weight"]);
  spatial_bias_ = tensors["spatial.bias"].item<float>();
  hidden_ = squeeze_bias_.size();
  channels_ = excite_bias_.size();
}

void fused_scam::add_perceptron(const std::vector<float>& pooled_channels, std::vector<float>& sums) const {
  for (std::size_t h = 0; h < hidden_; ++h) {
    float unit = squeeze_bias_[h];
    for (std::size_t c = 0; c < channels_; ++c) unit += squeeze_[h * channels_ + c] * pooled_channels[c];
    unit = std::max(unit, 0.0F);
    for (std::size_t c = 0; c < channels_; ++c) sums[c] += excite_[c * hidden_ + h] * unit;
  }
  for (std::size_t c = 0; c < channels_; ++c) sums[c] += excite_bias_[c];
}

/// Eq. 16: what every channel is multiplied with.
std::vector<float> fused_scam::channel_weights(const float* features, std::size_t plane) const {
  std::vector<float> mean(channels_);
  std::vector<float> highest(channels_);
  for (std::size_t c = 0; c < channels_; ++c) {
    const auto found = pool(features + c * plane, plane);
    mean[c] = found.sum / static_cast<float>(plane);
    highest[c] = found.highest;
  }
  std::vector<float> weights(channels_, 0.0F);
  add_perceptron(mean, weights);
  add_perceptron(highest, weights);
  for (float& each : weights) each = sigmoid(each);
  return weights;
}

void fused_scam::attend(const float* features, int height, int width, float* out, float* importance) const {
  const auto plane = static_cast<std::size_t>(height) * static_cast<std::size_t>(width);
  const auto weights = channel_weights(features, plane);
  std::vector<float> mean(plane, 0.0F);
  std::vector<float> highest(plane, 0.0F);
  const float inverse = 1.0F / static_cast<float>(channels_);
  for (std::size_t c = 0; c < channels_; ++c) {
    const float* from = features + c * plane;
    const float weight = weights[c];
    for (std::size_t p = 0; p < plane; ++p) {
      const float value = weight * from[p];
      mean[p] += inverse * value;
      highest[p] = std::max(highest[p], value);
    }
  }
  std::vector<float> spatial(plane, spatial_bias_);
  add_convolved(mean, height, width, spatial_.data(), spatial);
  add_convolved(highest, height, width, spatial_.data() + 9, spatial);
  for (float& each : spatial) each = sigmoid(each);
  float total = 0.0F;
  for (std::size_t c = 0; c < channels_; ++c) {
    for (std::size_t p = 0; p < plane; ++p) out[c * plane + p] = weights[c] * features[c * plane + p] * spatial[p];
    importance[c] = std::max(pool(out + c * plane, plane).sum / static_cast<float>(plane), least_mass);
    total += importance[c];
  }
  for (std::size_t c = 0; c < channels_; ++c) importance[c] /= total;
}

attended fused_scam::forward(const torch::Tensor& features) const {
  const auto dense = features.contiguous();
  const auto count = dense.size(0);
  const auto height = static_cast<int>(dense.size(2));
  const auto width = static_cast<int>(dense.size(3));
  attended result{torch::empty(dense.sizes()), torch::empty({count, dense.size(1)})};
  const auto step = dense.size(1) * dense.size(2) * dense.size(3);
  for (std::int64_t i = 0; i < count; ++i) {
    attend(dense.data_ptr<float>() + i * step, height, width, result.features.data_ptr<float>() + i * step,
           result.importance.data_ptr<float>() + i * dense.size(1));
  }
  return result;
}

}  // namespace dvfo::inference
