#pragma once

#include <torch/torch.h>

#include "inference/architectures/architecture.hpp"
#include "inference/progress.hpp"
#include "inference/published/given_weights.hpp"

namespace dvfo::inference {

/// The same network with its channels in the order of what the answer owes to them over `images` ([N, 3, S, S], 0…1),
/// so that the leading ones, which a narrower variant keeps, tell most. Where nothing but sums lies between
/// convolutions (a linear bottleneck, a residual stream), any change of basis may pass from the weights before to those
/// behind (Ashkboos et al. 2024, SliceGPT §3, there rotations of transformers): channels come to be those to whose
/// errors the answer is equally sensitive, the largest variance first, as a balanced truncation has them (Moore 1981).
/// Elsewhere they can only change places: one by one goes the channel that the others replace best, last to the end
/// (optimal brain surgeon, Hassibi & Stork 1993, here for the sums behind, weighed by the answer's sensitivity).
/// Answers stay what they were, up to rounding. `weights` must fit `net`. `progress` counts images; directions among
/// the answers are drawn from LibTorch's generator.
given_weights order_channels(const architecture& net, const given_weights& weights, const torch::Tensor& images,
                             const count_callback& progress);

}  // namespace dvfo::inference
