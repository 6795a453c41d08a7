#include "inference/layers/feature_quantiser.hpp"

#include <cmath>

namespace dvfo::inference {

feature_quantiser_impl::feature_quantiser_impl(int channels, int bits) : levels_((1 << bits) - 1) {
  step_ = register_parameter("step", torch::full({channels}, 1.0F / static_cast<float>(levels_)));
}

void feature_quantiser_impl::initialise(const torch::Tensor& features) {
  torch::NoGradGuard no_gradient;
  const auto x = features.detach().to(torch::kFloat).transpose(0, 1).flatten(1);
  step_.copy_((2.0 * x.mean(1) / std::sqrt(static_cast<double>(levels_))).clamp_min(1e-3));
}

torch::Tensor feature_quantiser_impl::forward(const torch::Tensor& features) {
  const auto step = step_.abs().clamp_min(1e-6).view({1, -1, 1, 1});
  const auto scaled = torch::clamp(features.to(torch::kFloat) / step, 0.0, static_cast<double>(levels_));
  return (scaled + (torch::round(scaled) - scaled).detach()) * step;
}

}  // namespace dvfo::inference
