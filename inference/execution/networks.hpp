#pragma once

#include <torch/torch.h>

#include <memory>
#include <vector>

#include "inference/execution/byte_table.hpp"
#include "inference/execution/execution.hpp"
#include "inference/layers/network.hpp"

namespace dvfo::inference {

/// One variant of a trained network, ready for real int8 execution through LibTorch's quantised operators (engine
/// ONEDNN on x86, QNNPACK on ARM): weights symmetric per output channel, activations affine per tensor, normalisation
/// folded, every convolution, sum and linear operator in 8-bit integers with 32-bit accumulation. Curved
/// activations are tables. An LSTM multiplies in integers and keeps gates and memory in float; layer normalisation and
/// attention, which have no integer kernel, run in float between 8-bit inputs and outputs.
/// Not thread-safe: one owner at a time.
class int8_network final : public execution {
 public:
  /// Prepacks `trained`'s variant. The network must have observed its activation ranges. Throws error(bad_bundle) when
  /// this LibTorch has no quantised engine or a range is empty.
  int8_network(const network_impl& trained, std::size_t variant);

  /// `x`: [N, C, H, W] float; returns the graph's last output, logits [N, classes] in float.
  [[nodiscard]] torch::Tensor forward(const torch::Tensor& x) const override;
  /// All outputs of the graph, in its order.
  [[nodiscard]] std::vector<torch::Tensor> outputs(const torch::Tensor& x) const;

 private:
  struct layer {
    c10::IValue packed;        // weights in the engine's own layout
    c10::IValue packed_state;  // an LSTM's weights of its state, beside those of its inputs
    operators::learned plain;  // … or in float, rounded to 8 bits, where there is no integer kernel
    grid inner;                // of the sums in front of a curved activation
    byte_table curve;          // from there to the output
    grid own;                  // of the output
  };

  [[nodiscard]] static grid grid_of(std::pair<float, float> range, int index, std::size_t variant);
  [[nodiscard]] layer prepare(const network_impl& trained, int index, std::size_t variant) const;
  [[nodiscard]] static torch::Tensor quantise(const torch::Tensor& x, const grid& onto);
  [[nodiscard]] torch::Tensor run(std::size_t index, const std::vector<torch::Tensor>& inputs) const;
  [[nodiscard]] torch::Tensor sums(std::size_t index, const std::vector<torch::Tensor>& inputs, const grid& onto) const;
  [[nodiscard]] torch::Tensor lstm(const layer& l, const torch::Tensor& x) const;
  [[nodiscard]] torch::Tensor run_in_float(std::size_t index, const std::vector<torch::Tensor>& inputs) const;

  graph layout_;
  std::vector<layer> layers_;
};

/// One variant of a trained network in float with normalisation folded: the remote DNN's execution, and the float twin
/// that int8 is measured against. forward() may run concurrently.
class float_network final : public execution {
 public:
  float_network(const network_impl& trained, std::size_t variant);
  /// `x`: [N, C, H, W] float; returns the graph's last output.
  [[nodiscard]] torch::Tensor forward(const torch::Tensor& x) const override;
  /// All outputs of the graph, in its order.
  [[nodiscard]] std::vector<torch::Tensor> outputs(const torch::Tensor& x) const;

 private:
  graph layout_;
  std::vector<operators::learned> layers_;
};

}  // namespace dvfo::inference
