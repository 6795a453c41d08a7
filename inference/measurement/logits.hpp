#pragma once

#include <torch/torch.h>

#include <array>
#include <vector>

#include "inference/data/dataset.hpp"
#include "inference/model_bundle.hpp"
#include "inference/progress.hpp"

namespace dvfo::inference {

/// What both halves answered at one trained share, on the deployed path: int8 local DNN, features through the codec
/// byte by byte.
struct share_logits {
  torch::Tensor local;           ///< [N, classes], undefined at share 1
  torch::Tensor remote;          ///< [N, classes], undefined at share 0
  double wire_bytes_mean = 0.0;  ///< mean size of a frame
};

struct collected_logits {
  torch::Tensor labels;     ///< [N] int64
  torch::Tensor reference;  ///< [N, classes] of the unsplit float model
  std::array<share_logits, trained_shares.size()> shares;
};

/// Runs images [first, last) of `data` through everything in the bundle. `progress` counts images. Throws what the data
/// set and the codec throw.
collected_logits collect_logits(const model_bundle& bundle, const dataset& data, std::size_t first, std::size_t last,
                                const count_callback& progress);

/// What the unsplit float model alone answers.
struct reference_logits {
  torch::Tensor labels;  ///< [N] int64
  torch::Tensor logits;  ///< [N, classes]
};

/// Runs every image of `data` through the bundle's unsplit reference. Throws what the data set throws.
reference_logits collect_reference(const model_bundle& bundle, const dataset& data, const count_callback& progress);

/// Percent of rows whose largest logit is the label's.
double top1_percent(const torch::Tensor& logits, const torch::Tensor& labels);

/// Fused logits at share number `index` with `lambda`: the only half there is at shares 0 and 1.
torch::Tensor fuse(const share_logits& halves, double lambda);

/// The λ in {0, 0.01, … 1} with the least cross-entropy between the fused answer and what is `wanted` ([N, classes],
/// probabilities), at the temperature that suits it: a half that is too sure of itself must not lose weight for that,
/// as only the order of classes counts.
double best_lambda(const share_logits& halves, const torch::Tensor& wanted);

}  // namespace dvfo::inference
