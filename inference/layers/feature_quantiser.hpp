#pragma once

#include <torch/torch.h>

namespace dvfo::inference {

/// The feature codec's quantiser as a trainable layer: per channel, levels 0 … 2^bits − 1 of a learned step (Esser et
/// al. 2020, learned step size quantisation), straight-through rounding. Features are ≥ 0, so the lowest value is 0.
/// forward() computes the same values as encode_features followed by decode_features.
class feature_quantiser_impl : public torch::nn::Module {
 public:
  feature_quantiser_impl(int channels, int bits);
  /// `features`: [N, C, H, W], ≥ 0.
  torch::Tensor forward(const torch::Tensor& features);
  /// Bits a value that an ideal entropy coder would spend on `features`, a static model of its own for every channel:
  /// scalar, with gradient to the features. Counts of the batch's own levels stand for the probabilities; between two
  /// levels the bits are interpolated, which is what carries the gradient.
  torch::Tensor bits(const torch::Tensor& features);
  /// Sets the steps from the statistics of one batch, as the start of training.
  void initialise(const torch::Tensor& features);
  /// Sets them to the steps that round `features` with the least square error, for features that begin trained.
  void fit(const torch::Tensor& features);
  /// [C] steps, each > 0.
  [[nodiscard]] torch::Tensor steps() const { return step_.detach().abs().clamp_min(1e-6); }

 private:
  int levels_;
  torch::Tensor step_;
};
TORCH_MODULE_IMPL(feature_quantiser, feature_quantiser_impl);

}  // namespace dvfo::inference
