#pragma once

#include <torch/torch.h>

#include <vector>

#include "inference/architectures/graph.hpp"
#include "inference/layers/operators.hpp"

namespace dvfo::inference {

/// Range that a moving observer saw of one activation; becomes the 8-bit affine quantiser of int8 execution.
struct activation_range {
  torch::Tensor lowest;   ///< buffer, scalar
  torch::Tensor highest;  ///< buffer, scalar
};

/// A graph as a float LibTorch module, trainable, in one or several *variants*. Each has its own width (the first
/// channels of every layer: Yu & Huang 2019, slimmable networks), its own normalisation statistics and its own
/// activation ranges; all share the weights until part_weights() gives each its own. With fake quantisation on, weights
/// (symmetric, per output channel, 8 bits) and activations (affine, per tensor, 8 bits) are rounded as int8 execution
/// will round them, with straight-through gradients (Jacob et al. 2018). Not thread-safe in training mode; in eval mode
/// forward() may run concurrently.
class network_impl : public torch::nn::Module {
 public:
  /// One variant per entry of `widths`, each in (0, 1].
  network_impl(graph layout, std::vector<double> widths);

  /// `x`: [N, C, H, W] float. Returns the graph's last output: [N, C', H', W'], a sequence [N, T, C'] or logits
  /// [N, classes].
  torch::Tensor forward(const torch::Tensor& x, std::size_t variant = 0);
  /// All outputs of the graph, in its order: the raw heads of a detector.
  std::vector<torch::Tensor> outputs(const torch::Tensor& x, std::size_t variant = 0);

  /// A map inside the network that another may learn to have, too (Romero et al. 2015, FitNets), and which of the
  /// channels at width 1 it has.
  struct hint {
    torch::Tensor map;
    std::vector<channel_range> kept;
  };
  /// The last output, and as hints what each block ends with (a residual sum or a concatenation) and what the last
  /// operator reads, in the graph's order.
  struct answer {
    torch::Tensor logits;
    std::vector<hint> hints;
  };
  answer explained(const torch::Tensor& x, std::size_t variant = 0);

  /// One operator's output from those of all before it, and what it is in front of the activation.
  torch::Tensor run(int index, std::size_t variant, const std::vector<torch::Tensor>& values);
  torch::Tensor sums(int index, std::size_t variant, const std::vector<torch::Tensor>& values);
  /// Outputs of all operators, in the graph's order.
  std::vector<torch::Tensor> values(const torch::Tensor& x, std::size_t variant = 0);

  void set_fake_quantisation(bool on) { fake_quantisation_ = on; }
  /// While on, forward() also updates the activation ranges.
  void set_observing(bool on) { observing_ = on; }

  /// Sets an operator's weight and bias as a published network has them, normalisation folded in; normalisation
  /// becomes the identity with that bias. False, and nothing set, where shapes differ.
  bool set_folded(int index, const torch::Tensor& weight, const torch::Tensor& bias);
  /// Gives every normalisation the statistics of `x` [N, C, H, W] without changing what the network computes in eval
  /// mode, so that training may go on from folded weights.
  void adopt_statistics(const torch::Tensor& x);
  /// Operators below `end` learn nothing any more and keep their statistics in training mode, too.
  void freeze_below(int end);
  /// Normalisation keeps its statistics in training mode, too: a scale and a shift, which learn.
  void keep_statistics() { statistics_kept_below_ = static_cast<int>(layers_.size()); }
  /// Weights of operators from `first` on learn nothing any more; their normalisation still does.
  void freeze_weights_from(int first);
  /// Gives every variant but the first weights of its own, at first its part of the shared ones: whatever they learn
  /// from now on they learn apart. They are tensors of the same names with the variant's number behind.
  void part_weights();
  [[nodiscard]] bool has_parted_weights() const;
  /// Sets the weight and bias that a variant has for itself, normalisation folded in; normalisation takes the
  /// statistics of `values`, the outputs of all operators before, and otherwise stays out of the way.
  void set_parted(int index, std::size_t variant, const torch::Tensor& weight, const torch::Tensor& bias,
                  const std::vector<torch::Tensor>& values);
  /// What belongs to the first variant learns nothing any more; without parted weights nothing but the other variants'
  /// normalisation does.
  void freeze_first_variant();
  /// Copies all tensors of `from`'s operator `there` into operator `here`. False, and nothing copied, where kinds or
  /// shapes differ.
  bool copy_operator(const network_impl& from, int there, int here);

  [[nodiscard]] const graph& layout() const { return layout_; }
  [[nodiscard]] const std::vector<double>& widths() const { return widths_; }

  /// Weights of operator `index` cut to the variant's width, normalisation folded in: what a runtime executes.
  struct folded_layer {
    torch::Tensor weight;  ///< as operators::learned has it
    torch::Tensor bias;    ///< as operators::learned has it
    torch::Tensor scale;   ///< [Co] step of the symmetric 8-bit weight quantiser, normalisation folded in; undefined
                           ///< for class tokens and layer normalisation
  };
  [[nodiscard]] folded_layer fold(int index, std::size_t variant) const;

  /// Whether a variant's activations have all been observed.
  [[nodiscard]] bool has_ranges(std::size_t variant) const;
  /// Observed range of an operator's output as (lowest, highest), lowest ≤ 0 ≤ highest.
  [[nodiscard]] std::pair<float, float> range(int index, std::size_t variant) const;
  /// The same in front of an activation that is no mere clipping.
  [[nodiscard]] std::pair<float, float> inner_range(int index, std::size_t variant) const;

 private:
  struct normalisation {
    torch::Tensor gamma, beta, mean, variance;
  };
  struct layer {
    std::vector<operators::learned> own;        // one for all variants, of full width, or one a variant, of its width;
                                                // no bias where batch normalisation follows
    std::vector<normalisation> normalisations;  // one a variant, where there is batch normalisation
    std::vector<activation_range> ranges;       // every operator whose output int8 execution quantises anew
    std::vector<activation_range> inner;        // … and whose sums it quantises in front of a curved activation
  };

  void add_parameters(int index);
  void add_variant(int index, std::size_t variant);
  void adopt_statistics(int index, std::size_t variant, const std::vector<torch::Tensor>& values);
  void part_weights(int index, std::size_t variant);
  [[nodiscard]] const layer& owner_of(int index) const;
  [[nodiscard]] operators::learned plain_weights(int index, std::size_t variant) const;
  [[nodiscard]] operators::learned cut_weights(int index, std::size_t variant) const;
  [[nodiscard]] torch::Tensor weight_steps(int index, std::size_t variant, const torch::Tensor& cut) const;
  torch::Tensor normalise(int index, std::size_t variant, const torch::Tensor& y);
  torch::Tensor quantise_activation(activation_range& seen, const torch::Tensor& x) const;

  graph layout_;
  std::vector<double> widths_;
  std::vector<layer> layers_;
  bool fake_quantisation_ = false;
  bool observing_ = false;
  int statistics_kept_below_ = 0;
};
TORCH_MODULE_IMPL(network, network_impl);

/// Whether int8 execution gives an operator's output a grid of its own: operators that pass values on as they are, or
/// average them, keep their input's.
bool has_own_grid(op_kind kind);

/// Whether an activation is more than clipping, which the range of the 8-bit grid does by itself. Sums are quantised in
/// front of it, too.
bool is_curved(activation then);

/// Whether int8 execution multiplies with the operator's weights.
bool has_products(op_kind kind);

/// Step of the symmetric 8-bit quantiser of each output channel of `weight` [Co, …]: max |w| / 127, never 0. Shape
/// [Co].
torch::Tensor weight_scale(const torch::Tensor& weight);

}  // namespace dvfo::inference
