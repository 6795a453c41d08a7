#pragma once

#include <torch/torch.h>

#include "inference/training/options.hpp"

namespace dvfo::inference {

/// Cross-entropy against labels blended with distillation from `teacher` logits (Hinton et al. 2015). All logits [N,
/// classes] float.
torch::Tensor distilled_loss(const torch::Tensor& logits, const torch::Tensor& teacher, const torch::Tensor& labels,
                             const training_options& options);

/// Mean square difference of `features` from the teacher's, in variances of the latter (FitNets, Romero et al. 2015).
/// Both have one shape.
torch::Tensor hint_loss(const torch::Tensor& features, const torch::Tensor& wanted);

/// How far the `leading` largest of each row of `importance` [N, C] stay below `target` of the whole (AgileNN, Huang et
/// al. 2022: skewed importance lets a few channels answer); 0 where they reach it.
torch::Tensor skewness_loss(const torch::Tensor& importance, int leading, double target);

}  // namespace dvfo::inference
