#pragma once

#include <torch/torch.h>

#include <functional>
#include <vector>

#include "inference/architectures/graph.hpp"

/// Operators of a graph in float, the same for training and for execution. Maps are [N, C, H, W], sequences [N, T, C],
/// vectors [N, C].
namespace dvfo::inference::operators {

/// What an operator learned, cut to a width. `weight` and `bias` are for
/// - conv, depthwise, linear: as LibTorch has them; the bias may be missing
/// - lstm: [4·units, inputs + units] and [4·units], the rows of a unit together: input, forget, candidate, output
/// - class_token: the token [C] and the positions [T, C]
/// - layer_norm: scale and shift, [C] each
struct learned {
  torch::Tensor weight;
  torch::Tensor bias;
};

/// The operator without its activation and batch normalisation. `inputs` in the order of `o.from`.
torch::Tensor compute(const op& o, const std::vector<torch::Tensor>& inputs, const learned& what);

/// An LSTM's gates and memory along a sequence (Hochreiter & Schmidhuber 1997, with forget gates): `of_inputs` [N, T,
/// 4·units] are the inputs' sums with bias, `of_state` makes [N, 4·units] of a state [N, units]. Returns [N, T, units].
torch::Tensor recur(const torch::Tensor& of_inputs, const std::function<torch::Tensor(const torch::Tensor&)>& of_state);

torch::Tensor activate(activation then, const torch::Tensor& x);

/// Whether an operator has `learned` of its kind.
bool has_weights(op_kind kind);

/// Shapes of `learned` at width 1 in `network`, to allocate them.
struct learned_shape {
  std::vector<std::int64_t> weight;
  std::vector<std::int64_t> bias;
};
learned_shape shape_of(const graph& network, int index);

/// Some ranges of `tensor` along `dimension`, one after the other; every channel stands for `unit` entries.
torch::Tensor keep(const torch::Tensor& tensor, std::int64_t dimension, const std::vector<channel_range>& ranges,
                   int unit = 1);

/// `what` cut from width 1 to `width`: the kept outputs and, where an operator mixes channels, the kept inputs.
learned cut(const graph& network, int index, const learned& what, double width);

}  // namespace dvfo::inference::operators
