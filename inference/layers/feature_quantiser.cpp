#include "inference/layers/feature_quantiser.hpp"

#include <cmath>
#include <limits>

namespace dvfo::inference {

feature_quantiser_impl::feature_quantiser_impl(int channels, int bits) : levels_((1 << bits) - 1) {
  step_ = register_parameter("step", torch::full({channels}, 1.0F / static_cast<float>(levels_)));
}

void feature_quantiser_impl::initialise(const torch::Tensor& features) {
  torch::NoGradGuard no_gradient;
  const auto x = features.detach().to(torch::kFloat).transpose(0, 1).flatten(1);
  step_.copy_((2.0 * x.mean(1) / std::sqrt(static_cast<double>(levels_))).clamp_min(1e-3));
}

void feature_quantiser_impl::fit(const torch::Tensor& features) {
  torch::NoGradGuard no_gradient;
  const auto x = features.detach().to(torch::kFloat).transpose(0, 1).flatten(1);
  const auto mean = x.mean(1).clamp_min(1e-6);
  auto least = torch::full_like(mean, std::numeric_limits<float>::infinity());
  for (int twentieth = 4; twentieth <= 40; ++twentieth) {  // from a fifth of the mean to twice it
    const auto step = mean * (twentieth / 20.0);
    const auto scaled = x / step.unsqueeze(1);
    const auto missed = (scaled - scaled.round().clamp(0.0, static_cast<double>(levels_))) * step.unsqueeze(1);
    const auto error = missed.square().mean(1);
    step_.copy_(torch::where(error < least, step, step_));
    least = torch::minimum(least, error);
  }
}

torch::Tensor feature_quantiser_impl::bits(const torch::Tensor& features) {
  const auto step = step_.abs().clamp_min(1e-6).view({1, -1, 1, 1});
  const auto x = torch::clamp(features.to(torch::kFloat) / step, 0.0, static_cast<double>(levels_));
  const auto channels = x.transpose(0, 1).flatten(1);  // [C, N·H·W]
  const auto below = channels.detach().floor();
  const auto above = channels.detach().ceil();
  const auto nearest = channels.detach().round();
  std::vector<torch::Tensor> counts;
  for (int level = 0; level <= levels_; ++level) counts.push_back(nearest.eq(level).to(torch::kFloat).mean(1));
  const auto cost = -torch::log2(torch::stack(counts, 1).clamp_min(1e-4));  // [C, levels]
  const auto at = [&](const torch::Tensor& level) { return cost.gather(1, level.to(torch::kLong)); };
  return (at(below) + (channels - below) * (at(above) - at(below))).mean();
}

torch::Tensor feature_quantiser_impl::forward(const torch::Tensor& features) {
  const auto step = step_.abs().clamp_min(1e-6).view({1, -1, 1, 1});
  const auto scaled = torch::clamp(features.to(torch::kFloat) / step, 0.0, static_cast<double>(levels_));
  return (scaled + (torch::round(scaled) - scaled).detach()) * step;
}

}  // namespace dvfo::inference
