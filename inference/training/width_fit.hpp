#pragma once

#include <torch/torch.h>

#include "inference/layers/network.hpp"

namespace dvfo::inference {

/// Weights in closed form for one variant of a network with parted weights, from one that answers well: layer by layer,
/// the least-squares weights with which the narrower layer, on what the narrower layers before it make, comes nearest
/// to the teacher's own sums (He et al. 2017, channel pruning; here for all layers, sums of residual blocks included).
/// `teacher` has the same layout and answers with its first variant. `wanted`, `seen`: what either reads, [N, C, H, W].
/// Both in eval mode, without fake quantisation. Not thread-safe.
void fit_width(network_impl& narrow, std::size_t variant, network_impl& teacher, const torch::Tensor& wanted,
               const torch::Tensor& seen);

}  // namespace dvfo::inference
