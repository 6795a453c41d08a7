#pragma once

#include <torch/torch.h>

#include "inference/architectures/architecture.hpp"
#include "inference/training/given_weights.hpp"

namespace dvfo::inference {

/// The same network with its channels in the order of what they carry over `images` ([N, 3, S, S], 0…1), so that the
/// leading ones, which a narrower variant keeps, carry most. Where nothing but sums lies between convolutions (a linear
/// bottleneck, a residual stream), any rotation may pass from the weights before to those behind, and the channels
/// become principal components (Ashkboos et al. 2024, SliceGPT §3, there for transformers); elsewhere they are sorted
/// by variance × squared weights behind. Answers stay what they were, up to rounding. `weights` must fit `net`.
given_weights order_channels(const architecture& net, const given_weights& weights, const torch::Tensor& images);

}  // namespace dvfo::inference
