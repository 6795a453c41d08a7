#pragma once

#include <torch/torch.h>

namespace dvfo::inference {

/// `map` [N, C, H, W], with `missing` [N, C] channels replaced by the best linear estimate from those of the same
/// picture that are not missing, never below 0: what codec/imputation.hpp does on the deployed path, here with
/// gradients to `map` and `mean` [C]. `covariance` [C, C] is taken as given; where it is 0, the mean alone is left.
torch::Tensor impute(const torch::Tensor& map, const torch::Tensor& missing, const torch::Tensor& mean,
                     const torch::Tensor& covariance);

/// Covariance [C, C] of the channels of `map` [N, C, H, W] over its pictures and places, without gradients.
torch::Tensor channel_covariance(const torch::Tensor& map);

}  // namespace dvfo::inference
