#pragma once

#include <vector>

#include "inference/layers/scam.hpp"

namespace dvfo::inference {

/// SCAM (DVFO Eq. 16–18) for inference: the same numbers as the layer's up to rounding, in three passes over the map
/// instead of LibTorch's fourteen small operators, whose dispatch alone would cost more than a slim local DNN.
/// Immutable, thread-safe.
class fused_scam {
 public:
  explicit fused_scam(const scam_impl& trained);

  /// `features`: [N, C, H, W] float, ≥ 0, in any layout. Both results are contiguous.
  [[nodiscard]] attended forward(const torch::Tensor& features) const;

 private:
  void attend(const float* features, int height, int width, float* out, float* importance) const;
  [[nodiscard]] std::vector<float> channel_weights(const float* features, std::size_t plane) const;
  void add_perceptron(const std::vector<float>& pooled, std::vector<float>& sums) const;

  std::size_t channels_;
  std::size_t hidden_;
  std::vector<float> squeeze_, squeeze_bias_;  // [hidden, channels], [hidden]
  std::vector<float> excite_, excite_bias_;    // [channels, hidden], [channels]
  std::vector<float> spatial_;                 // [2, 3, 3]: of the mean map, of the maximum map
  float spatial_bias_ = 0.0F;
};

}  // namespace dvfo::inference
