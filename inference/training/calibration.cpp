#include "inference/training/calibration.hpp"

#include "inference/bundle/weights.hpp"
#include "inference/layers/fusion.hpp"

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

/// Both learned fusions of every share that has two halves (DVFO Table 4).
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

/// What the fused answer is to come to: [N, classes], probabilities.
torch::Tensor wanted_answers(const collected_logits& held_back, double distillation) {
  const auto classes = held_back.reference.size(1);
  const auto labels = torch::one_hot(held_back.labels, classes).to(torch::kFloat);
  return torch::lerp(labels, torch::softmax(held_back.reference, 1), distillation);
}

model_bundle bundle_of(const bundle_manifest& described, const model_bundle::weights& networks) {
  return {described, restore(described, store(networks))};
}

}  // namespace

model_bundle calibrated_bundle(bundle_manifest described, const split_network& split,
                               const reference_network& reference, const calibration_images& images,
                               const count_callback& calibrating, const count_callback& measuring) {
  model_bundle::weights networks{split, reference, untrained_fusions(static_cast<int>(described.labels.size()))};
  const auto held =
      collect_logits(bundle_of(described, networks), images.held_back, 0, images.held_back.size(), calibrating);
  networks.fusions = train_fusions(held, images.seed);
  const auto wanted = wanted_answers(held, images.distillation);
  for (std::size_t s = 0; s < trained_shares.size(); ++s) {
    described.figures[s].lambda = best_lambda(held.shares[s], wanted);
  }
  const auto tested = collect_logits(bundle_of(described, networks), images.test, 0, images.test.size(), measuring);
  described.reference_top1 = top1_percent(tested.reference, tested.labels);
  for (std::size_t s = 0; s < trained_shares.size(); ++s) {
    auto& row = described.figures[s];
    row.top1 = top1_percent(fuse(tested.shares[s], row.lambda), tested.labels);
  }
  return bundle_of(described, networks);
}

}  // namespace dvfo::inference
