#pragma once

#include <torch/torch.h>

#include <memory>
#include <vector>

#include "inference/layers/network.hpp"

namespace dvfo::inference {

/// One variant of a trained network, ready for real int8 execution through LibTorch's quantised operators (engine
/// ONEDNN on x86, QNNPACK on ARM): weights symmetric per output channel, activations affine per tensor, normalisation
/// folded, every convolution, sum and classifier in 8-bit integers with 32-bit accumulation. Not thread-safe: one owner
/// at a time.
class int8_network {
 public:
  /// Prepacks `trained`'s variant. The network must have observed its activation ranges. Throws error(bad_bundle) when
  /// this LibTorch has no quantised engine or a range is empty.
  int8_network(const network_impl& trained, std::size_t variant);

  /// `x`: [N, C, H, W] float; returns logits [N, classes] float.
  [[nodiscard]] torch::Tensor forward(const torch::Tensor& x) const;

 private:
  struct output_grid {
    double scale = 1.0;
    std::int64_t zero_point = 0;
  };
  struct layer {
    c10::IValue packed;  // weights in the engine's own layout
    output_grid grid;
  };

  [[nodiscard]] output_grid grid_of(const network_impl& trained, int index, std::size_t variant) const;
  [[nodiscard]] c10::IValue pack(const network_impl& trained, int index, std::size_t variant) const;
  [[nodiscard]] torch::Tensor quantise_input(const torch::Tensor& x) const;
  [[nodiscard]] torch::Tensor run(std::size_t index, const std::vector<torch::Tensor>& values) const;

  graph layout_;
  std::vector<layer> layers_;
};

/// One variant of a trained network in float with normalisation folded: the remote DNN's execution, and the float twin
/// that int8 is measured against. forward() may run concurrently.
class float_network {
 public:
  float_network(const network_impl& trained, std::size_t variant);
  /// `x`: [N, C, H, W] float; returns the last operator's output.
  [[nodiscard]] torch::Tensor forward(const torch::Tensor& x) const;

 private:
  struct layer {
    torch::Tensor weight;
    torch::Tensor bias;
  };
  graph layout_;
  std::vector<layer> layers_;
};

}  // namespace dvfo::inference
