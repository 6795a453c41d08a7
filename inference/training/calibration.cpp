#include "inference/training/calibration.hpp"

namespace dvfo::inference {
namespace {

constexpr int fusion_steps = 200;     // whole-set steps; the loss is flat by then
constexpr double fusion_rate = 0.01;  // Adam
constexpr double fusion_decay =
    1e-3;  // keeps the many weights of the fully connected layer from learning the few images by heart

void train_fusion(learned_fusion& fusion, const share_logits& halves, const torch::Tensor& labels) {
  torch::optim::Adam optimiser(fusion->parameters(), torch::optim::AdamOptions(fusion_rate).weight_decay(fusion_decay));
  for (int step = 0; step < fusion_steps; ++step) {
    optimiser.zero_grad();
    torch::nn::functional::cross_entropy(fusion(halves.local, halves.remote), labels).backward();
    optimiser.step();
  }
}

}  // namespace

std::vector<learned_fusion> train_fusions(const collected_logits& held_back, std::uint64_t seed) {
  torch::manual_seed(seed);
  const auto plain = [](const torch::Tensor& t) { return t.clone(); };  // out of inference mode
  auto out = untrained_fusions(static_cast<int>(held_back.reference.size(1)));
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto& halves = held_back.shares[1 + i / 2];
    train_fusion(out[i], {plain(halves.local), plain(halves.remote), 0.0}, plain(held_back.labels));
  }
  return out;
}

}  // namespace dvfo::inference
