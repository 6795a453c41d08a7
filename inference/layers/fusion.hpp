#pragma once

#include <torch/torch.h>

#include <vector>

namespace dvfo::inference {

/// How two halves' logits become one answer, besides the weighted sum (DVFO §5.3, Table 4).
enum class fusion_kind { fully_connected, convolutional };

/// A learned fusion layer over both halves' logits, one of the two that the paper compares the weighted sum with.
class learned_fusion_impl : public torch::nn::Module {
 public:
  learned_fusion_impl(fusion_kind kind, int classes);
  /// `local`, `remote`: [N, classes]; returns [N, classes].
  torch::Tensor forward(const torch::Tensor& local, const torch::Tensor& remote);
  [[nodiscard]] fusion_kind kind() const { return kind_; }

 private:
  fusion_kind kind_;
  torch::nn::Linear full_{nullptr};
  torch::nn::Conv1d convolution_{nullptr};
};
TORCH_MODULE_IMPL(learned_fusion, learned_fusion_impl);

/// Fully connected, then convolutional, for each trained share at which both halves exist; not trained yet.
std::vector<learned_fusion> untrained_fusions(int classes);

}  // namespace dvfo::inference
