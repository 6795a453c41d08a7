#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

/// An architecture as data: a list of operators that several executors interpret (float training, int8 inference,
/// cost descriptors). An architecture's file builds graphs and knows nothing of LibTorch.
namespace dvfo::inference {

enum class op_kind : std::uint8_t {
  input,           ///< the graph's only input, never slimmed
  conv,            ///< convolution, normalisation folded in, optionally ReLU
  add_relu,        ///< sum of two equal shapes, then ReLU
  global_average,  ///< mean over height and width
  linear,          ///< fully connected, with bias; its output is never slimmed
};

struct op {
  op_kind kind = op_kind::input;
  std::array<int, 2> from = {-1, -1};  ///< indices of earlier operators
  int channels = 0;                    ///< of the output, at width 1
  int kernel = 1;
  int stride = 1;
  bool relu = false;
};

/// Operators in execution order; the last one is the output.
class graph {
 public:
  int input(int channels);
  int conv(int from, int channels, int kernel, int stride, bool relu);
  int add_relu(int a, int b);
  int global_average(int from);
  int linear(int from, int outputs);

  [[nodiscard]] const std::vector<op>& ops() const { return ops_; }
  [[nodiscard]] const op& at(int index) const { return ops_[static_cast<std::size_t>(index)]; }
  /// Channels of an operator's output at `width` (0, 1]: inputs and classifiers keep theirs, all others keep that
  /// share.
  [[nodiscard]] int channels_at(int index, double width) const;

 private:
  int push(op next);
  std::vector<op> ops_;
};

/// Cost of one forward pass at batch 1, counted from the graph itself.
struct graph_cost {
  std::int64_t macs = 0;        ///< multiply-accumulates of convolutions and classifiers
  std::int64_t parameters = 0;  ///< weights and biases, normalisation folded
  std::int64_t values = 0;      ///< read and written: inputs, weights and outputs of every operator, each once
  std::int64_t launches = 0;    ///< kernels: one an operator, normalisation and ReLU fused into it
};

/// Cost at `width` on a square input of `side` pixels.
graph_cost cost_of(const graph& network, double width, int side);

}  // namespace dvfo::inference
