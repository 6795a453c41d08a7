#pragma once

#include <torch/torch.h>

namespace dvfo::inference {

/// What SCAM makes of a feature map.
struct attended {
  torch::Tensor features;    ///< [N, C, H, W], F_out of Eq. 18
  torch::Tensor importance;  ///< [N, C], ≥ 0, each row sums to 1: x ~ p(a)
};

/// Spatial-channel attention module (DVFO §5.2, Eq. 16–18; after CBAM, Woo et al. 2018): channel attention first, from
/// a shared two-layer perceptron over the average- and max-pooled channels; then spatial attention, from a 3×3
/// convolution over the two maps pooled along the channels. A channel's importance is its share of the final attention
/// map's total weight.
class scam_impl : public torch::nn::Module {
 public:
  explicit scam_impl(int channels);
  /// `features`: [N, C, H, W], ≥ 0.
  attended forward(const torch::Tensor& features);

 private:
  torch::nn::Linear squeeze_{nullptr};
  torch::nn::Linear excite_{nullptr};
  torch::nn::Conv2d spatial_{nullptr};
};
TORCH_MODULE_IMPL(scam, scam_impl);

/// Mask [N, C] of the channels that travel: the round(share · C) of least importance, ties to the higher index; the
/// batched twin of split_channels().
torch::Tensor secondary_mask(const torch::Tensor& importance, double share);

}  // namespace dvfo::inference
