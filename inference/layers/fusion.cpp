#include "inference/layers/fusion.hpp"

#include "inference/model_bundle.hpp"

namespace dvfo::inference {

learned_fusion_impl::learned_fusion_impl(fusion_kind kind, int classes) : kind_(kind) {
  if (kind == fusion_kind::fully_connected) {
    full_ = register_module("full", torch::nn::Linear(2 * classes, classes));
  } else {
    convolution_ = register_module("convolution", torch::nn::Conv1d(torch::nn::Conv1dOptions(2, 1, 3).padding(1)));
  }
}

torch::Tensor learned_fusion_impl::forward(const torch::Tensor& local, const torch::Tensor& remote) {
  if (kind_ == fusion_kind::fully_connected) return full_(torch::cat({local, remote}, 1));
  return convolution_(torch::stack({local, remote}, 1)).squeeze(1);
}

std::vector<learned_fusion> untrained_fusions(int classes) {
  std::vector<learned_fusion> out;
  for (std::size_t share = 1; share + 1 < trained_shares.size(); ++share) {
    out.emplace_back(fusion_kind::fully_connected, classes);
    out.emplace_back(fusion_kind::convolutional, classes);
  }
  return out;
}

}  // namespace dvfo::inference
