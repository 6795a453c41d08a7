#include "inference/training/losses.hpp"

namespace dvfo::inference {

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

torch::Tensor hint_loss(const torch::Tensor& features, const torch::Tensor& wanted) {
  return (features.to(torch::kFloat) - wanted).square().mean() / wanted.var().clamp_min(1e-6);
}

torch::Tensor skewness_loss(const torch::Tensor& importance, int leading, double target) {
  const auto held = std::get<0>(importance.topk(leading, 1)).sum(1);
  return torch::relu(target - held).mean();
}

}  // namespace dvfo::inference
