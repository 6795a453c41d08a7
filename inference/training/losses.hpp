#pragma once

#include <torch/torch.h>

#include "inference/training/options.hpp"

namespace dvfo::inference {

/// Cross-entropy against labels blended with distillation from `teacher` logits (Hinton et al. 2015). All logits [N,
/// classes] float.
torch::Tensor distilled_loss(const torch::Tensor& logits, const torch::Tensor& teacher, const torch::Tensor& labels,
                             const training_options& options);

}  // namespace dvfo::inference
