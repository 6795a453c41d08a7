#include "inference/layers/scam.hpp"

#include <cmath>

#include "inference/architectures/architecture.hpp"

namespace dvfo::inference {

scam_impl::scam_impl(int channels) {
  const int hidden = attention_units(channels);
  squeeze_ = register_module("squeeze", torch::nn::Linear(channels, hidden));
  excite_ = register_module("excite", torch::nn::Linear(hidden, channels));
  spatial_ = register_module("spatial", torch::nn::Conv2d(torch::nn::Conv2dOptions(2, 1, 3).padding(1)));
}

attended scam_impl::forward(const torch::Tensor& features) {
  const auto perceptron = [&](const torch::Tensor& pooled) { return excite_(torch::relu(squeeze_(pooled))); };
  const auto channel =
      torch::sigmoid(perceptron(features.mean({2, 3})) + perceptron(features.amax({2, 3}))).unsqueeze(2).unsqueeze(3);
  const auto weighted = features * channel;
  const auto pooled = torch::cat({weighted.mean(1, true), weighted.amax(1, true)}, 1);
  const auto out = weighted * torch::sigmoid(spatial_(pooled));
  const auto mass = out.to(torch::kFloat).mean({2, 3}).clamp_min(1e-12);
  return {out, mass / mass.sum(1, true)};
}

torch::Tensor secondary_mask(const torch::Tensor& importance, double share) {
  const auto channels = importance.size(1);
  const auto kept = channels - static_cast<std::int64_t>(std::lround(share * static_cast<double>(channels)));
  const auto order = std::get<1>(importance.detach().sort(/*stable=*/true, 1, /*descending=*/true));
  const auto rank = std::get<1>(order.sort(1));
  return rank >= kept;
}

}  // namespace dvfo::inference
