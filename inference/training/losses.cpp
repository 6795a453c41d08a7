#include "inference/training/losses.hpp"

#include <algorithm>

namespace dvfo::inference {
namespace {

/// A sequence, whose channels lie last, and vectors of all channels are never cut.
torch::Tensor kept_channels(const torch::Tensor& map, const std::vector<channel_range>& kept) {
  return map.dim() == 3 ? map : operators::keep(map, 1, kept);
}

}  // namespace

torch::Tensor distilled_loss(const torch::Tensor& logits, const torch::Tensor& teacher, const torch::Tensor& labels,
                             const training_options& options) {
  const double t = options.temperature;
  const auto answers = torch::log_softmax(logits / t, 1);
  const auto wanted = torch::softmax(teacher / t, 1);
  // The gradient of softened answers shrinks with t², which the factor undoes.
  const auto soft = torch::kl_div(answers, wanted, at::Reduction::Sum) * (t * t / static_cast<double>(logits.size(0)));
  const auto hard = torch::nn::functional::cross_entropy(logits, labels);
  return options.distillation * soft + (1.0 - options.distillation) * hard;
}

torch::Tensor hint_loss(const std::vector<network_impl::hint>& found, const std::vector<network_impl::hint>& wanted) {
  const auto count = std::min(found.size(), wanted.size());
  torch::Tensor loss;
  for (std::size_t i = 0; i < count; ++i) {
    const auto& [map, kept] = found[found.size() - 1 - i];
    const auto target = kept_channels(wanted[wanted.size() - 1 - i].map.to(torch::kFloat), kept);
    const auto each = (map.to(torch::kFloat) - target).square().mean() / target.var().clamp_min(1e-6);
    loss = loss.defined() ? loss + each : each;
  }
  return loss / static_cast<double>(count);
}

torch::Tensor skewness_loss(const torch::Tensor& importance, int leading, double target) {
  const auto held = std::get<0>(importance.topk(leading, 1)).sum(1);
  return torch::relu(target - held).mean();
}

}  // namespace dvfo::inference
