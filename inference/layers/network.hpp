#pragma once

#include <torch/torch.h>

#include <vector>

#include "inference/architectures/graph.hpp"

namespace dvfo::inference {

/// Range that a moving observer saw of one activation; becomes the 8-bit affine quantiser of int8 execution.
struct activation_range {
  torch::Tensor lowest;   ///< buffer, scalar
  torch::Tensor highest;  ///< buffer, scalar
};

/// A graph as a float LibTorch module, trainable, in one or several *variants*. All variants share the convolution
/// weights; each has its own width (the first channels of every layer: Yu & Huang 2019, slimmable networks), its own
/// normalisation statistics and its own activation ranges. With fake quantisation on, weights (symmetric, per output
/// channel, 8 bits) and activations (affine, per tensor, 8 bits) are rounded as int8 execution will round them, with
/// straight-through gradients (Jacob et al. 2018). Not thread-safe in training mode; in eval mode forward() may run
/// concurrently.
class network_impl : public torch::nn::Module {
 public:
  /// One variant per entry of `widths`, each in (0, 1].
  network_impl(graph layout, std::vector<double> widths);

  /// `x`: [N, C, H, W] float. Returns the last operator's output: [N, C', H', W'] or logits [N, classes].
  torch::Tensor forward(const torch::Tensor& x, std::size_t variant = 0);

  void set_fake_quantisation(bool on) { fake_quantisation_ = on; }
  /// While on, forward() also updates the activation ranges.
  void set_observing(bool on) { observing_ = on; }

  [[nodiscard]] const graph& layout() const { return layout_; }
  [[nodiscard]] const std::vector<double>& widths() const { return widths_; }

  /// Weights of operator `index` cut to the variant's width, normalisation folded in: what a runtime executes.
  struct folded_layer {
    torch::Tensor weight;  ///< conv [Co, Ci, k, k], linear [Co, Ci]
    torch::Tensor bias;    ///< [Co]
    torch::Tensor scale;   ///< [Co] step of the symmetric 8-bit weight quantiser, normalisation folded in
  };
  [[nodiscard]] folded_layer fold(int index, std::size_t variant) const;

  /// Observed range of an operator's output as (lowest, highest), lowest ≤ 0 ≤ highest.
  [[nodiscard]] std::pair<float, float> range(int index, std::size_t variant) const;

 private:
  struct normalisation {
    torch::Tensor gamma, beta, mean, variance;
  };
  struct layer {
    torch::Tensor weight;
    torch::Tensor bias;                         // linear only
    std::vector<normalisation> normalisations;  // conv only, one a variant
    std::vector<activation_range> ranges;       // every operator whose output int8 execution quantises
  };

  void add_parameters(int index);
  [[nodiscard]] torch::Tensor cut_weight(int index, std::size_t variant) const;
  torch::Tensor run(int index, std::size_t variant, const std::vector<torch::Tensor>& values);
  torch::Tensor convolve(int index, std::size_t variant, const torch::Tensor& x);
  torch::Tensor quantise_activation(int index, std::size_t variant, const torch::Tensor& x);

  graph layout_;
  std::vector<double> widths_;
  std::vector<layer> layers_;
  bool fake_quantisation_ = false;
  bool observing_ = false;
};
TORCH_MODULE_IMPL(network, network_impl);

/// Step of the symmetric 8-bit quantiser of each output channel of `weight` [Co, …]: max |w| / 127, never 0. Shape
/// [Co].
torch::Tensor weight_scale(const torch::Tensor& weight);

}  // namespace dvfo::inference
