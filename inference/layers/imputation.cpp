#include "inference/layers/imputation.hpp"

#include "inference/codec/imputation.hpp"

namespace dvfo::inference {
namespace {

/// [N, C, C]: for every picture, the weights that its missing channels give to the others; 0 elsewhere.
torch::Tensor estimator(const torch::Tensor& missing, const torch::Tensor& covariance) {
  torch::NoGradGuard no_gradient;
  constexpr double least = 1e-12;  // keeps the system solvable where nothing varies
  const auto unknown = missing.to(torch::kFloat);
  const auto known = 1.0 - unknown;
  const auto ridge = covariance.diagonal().mean() * imputation_ridge + least;
  // Missing channels are taken out of the system: alone among themselves, with weight 0 for any other.
  const auto among = covariance * known.unsqueeze(2) * known.unsqueeze(1) + torch::diag_embed(unknown + ridge * known);
  const auto across = covariance * known.unsqueeze(2) * unknown.unsqueeze(1);
  return torch::linalg_solve(among, across).transpose(1, 2);
}

}  // namespace

torch::Tensor impute(const torch::Tensor& map, const torch::Tensor& missing, const torch::Tensor& mean,
                     const torch::Tensor& covariance) {
  const auto level = mean.view({1, -1, 1});
  const auto mask = missing.unsqueeze(2);
  const auto values = map.to(torch::kFloat).flatten(2);
  const auto deviations = torch::where(mask, torch::zeros({}, values.options()), values - level);
  const auto estimates = level + torch::matmul(estimator(missing, covariance), deviations).to(torch::kFloat);
  return torch::where(mask, estimates.clamp_min(0.0), values).view(map.sizes()).to(map.scalar_type());
}

torch::Tensor channel_covariance(const torch::Tensor& map) {
  torch::NoGradGuard no_gradient;
  // Mixed precision would round the products of anything but doubles.
  const auto channels = map.detach().to(torch::kDouble).transpose(0, 1).flatten(1);
  return torch::cov(channels, /*correction=*/0).to(torch::kFloat);
}

}  // namespace dvfo::inference
