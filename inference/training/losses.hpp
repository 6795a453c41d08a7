#pragma once

#include <torch/torch.h>

#include <vector>

#include "inference/layers/network.hpp"
#include "inference/training/options.hpp"

namespace dvfo::inference {

/// Cross-entropy against labels blended with distillation from `teacher` logits (Hinton et al. 2015). All logits [N,
/// classes] float.
torch::Tensor distilled_loss(const torch::Tensor& logits, const torch::Tensor& teacher, const torch::Tensor& labels,
                             const training_options& options);

/// Mean square difference of each map from the teacher's kept channels, in variances of the latter, mean over the maps
/// (FitNets, Romero et al. 2015; a narrower network is to have what the leading channels carry). The last maps of both
/// belong together; where one side has more, its first are left out. Neither may be empty.
torch::Tensor hint_loss(const std::vector<network_impl::hint>& found, const std::vector<network_impl::hint>& wanted);

/// How far the `leading` largest of each row of `importance` [N, C] stay below `target` of the whole (AgileNN, Huang et
/// al. 2022: skewed importance lets a few channels answer); 0 where they reach it.
torch::Tensor skewness_loss(const torch::Tensor& importance, int leading, double target);

}  // namespace dvfo::inference
