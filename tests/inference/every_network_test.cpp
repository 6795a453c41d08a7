#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "inference/architectures/architecture.hpp"
#include "inference/execution/networks.hpp"
#include "inference/layers/split_network.hpp"
#include "tests/inference/exact_weights.hpp"

namespace dvfo::inference {
namespace {

const std::vector<double> widths = {1.0, 0.75, 0.5, 0.25};

/// Every architecture as small as it can be while all its operators have something to do.
class every_network : public testing::TestWithParam<std::string> {
 protected:
  every_network() {
    torch::manual_seed(7);
    const bool detector = GetParam() == "yolov3-tiny" || GetParam() == "retinanet";
    net_ = make_architecture(GetParam(), {.input_size = detector ? 64 : 32,
                                          .classes = 10,
                                          .base_width = GetParam() == "vit-b16" ? 128 : 16,
                                          .feature_channels = 8});
  }

  [[nodiscard]] torch::Tensor features() const { return torch::relu(torch::randn(sizes(net_.features))); }
  [[nodiscard]] static std::vector<std::int64_t> sizes(const shape& map) {
    return {4, map.channels, map.height, map.width};
  }

  /// A trunk whose statistics and ranges come from a few batches, as after training.
  [[nodiscard]] network observed(const std::vector<torch::Tensor>& batches) const {
    network trunk(net_.trunk, widths);
    torch::NoGradGuard no_gradient;
    trunk->train();
    for (int round = 0; round < 5; ++round) {
      for (const auto& x : batches) {
        for (std::size_t v = 0; v < widths.size(); ++v) trunk(x, v);
      }
    }
    trunk->eval();
    trunk->set_observing(true);
    for (const auto& x : batches) {
      for (std::size_t v = 0; v < widths.size(); ++v) trunk(x, v);
    }
    trunk->set_observing(false);
    return trunk;
  }

  architecture net_;
};

TEST_P(every_network, answers_in_the_shapes_of_its_graph_at_every_width) {
  torch::NoGradGuard no_gradient;
  network extractor(net_.extractor, std::vector<double>{1.0});
  const auto map = extractor(torch::rand(sizes(net_.whole.at(0).out)));
  EXPECT_EQ(map.sizes().vec(), sizes(net_.features));
  network trunk(net_.trunk, widths);
  for (std::size_t v = 0; v < widths.size(); ++v) {
    const auto answers = trunk->outputs(map, v);
    const auto indices = net_.trunk.outputs();
    ASSERT_EQ(answers.size(), indices.size());
    for (std::size_t i = 0; i < answers.size(); ++i) {
      const auto& expected = net_.trunk.at(indices[i]).out;
      EXPECT_EQ(answers[i].numel(), 4 * expected.channels * expected.positions()) << "output " << i;
    }
  }
}

// Every weight must be reached by a gradient, or it would never be trained.
TEST_P(every_network, learns_with_every_weight_under_fake_quantisation) {
  network trunk(net_.trunk, widths);
  trunk->train();
  trunk->set_observing(true);
  trunk->set_fake_quantisation(true);
  for (std::size_t v = 0; v < widths.size(); ++v) {
    auto loss = torch::zeros({});
    for (const auto& answer : trunk->outputs(features(), v)) loss = loss + answer.pow(2).mean();
    loss.backward();
  }
  for (const auto& entry : trunk->named_parameters()) {
    ASSERT_TRUE(entry.value().grad().defined()) << entry.key();
    EXPECT_TRUE(torch::isfinite(entry.value().grad()).all().item<bool>()) << entry.key();
  }
}

// Bundles store weights as integers with a step for each output channel; a vector has no channels to give steps to.
TEST_P(every_network, calls_nothing_a_weight_that_has_no_output_channels) {
  const network trunk(net_.trunk, widths);
  for (const auto& entry : trunk->named_parameters()) {
    if (entry.key().find("_weight") == std::string::npos) continue;
    EXPECT_GE(entry.value().dim(), 2) << entry.key();
  }
}

TEST_P(every_network, computes_the_same_with_its_normalisation_folded) {
  const std::vector<torch::Tensor> batches = {features(), features()};
  auto trunk = observed(batches);
  torch::NoGradGuard no_gradient;
  for (std::size_t v = 0; v < widths.size(); ++v) {
    const auto expected = trunk->outputs(batches[0], v);
    const auto actual = float_network(*trunk, v).outputs(batches[0]);
    for (std::size_t i = 0; i < expected.size(); ++i) {
      const double range = (expected[i].max() - expected[i].min()).item<double>();
      EXPECT_LT((actual[i] - expected[i]).abs().max().item<double>(), 1e-3 * range)
          << "variant " << v << ", output " << i;
    }
  }
}

// Half floats hold eleven bits; dozens of layers leave most of them.
TEST_P(every_network, computes_on_a_gpu_what_it_computes_here) {
  if (!torch::cuda::is_available()) GTEST_SKIP() << "no GPU";
  const std::vector<torch::Tensor> batches = {features(), features()};
  auto trunk = observed(batches);
  torch::NoGradGuard no_gradient;
  for (std::size_t v = 0; v < widths.size(); ++v) {
    const auto expected = float_network(*trunk, v).forward(batches[0]);
    const auto there = make_cuda_execution(*trunk, v);
    const double range = (expected.max() - expected.min()).item<double>();
    for (int pass = 0; pass < 2; ++pass) {  // captured, then replayed
      const auto actual = there->forward(batches[0]);
      EXPECT_LT((actual - expected).abs().max().item<double>(), 0.01 * range) << "variant " << v << ", pass " << pass;
    }
  }
}

// Without VNNI sums of two products saturated: a ViT was further off than quantisation explains.
TEST_P(every_network, computes_in_integers_what_fake_quantisation_predicted) {
  const std::vector<torch::Tensor> batches = {features(), features()};
  auto trunk = observed(batches);
  torch::NoGradGuard no_gradient;
  std::vector<std::vector<torch::Tensor>> of_variants;
  for (std::size_t v = 0; v < widths.size(); ++v) of_variants.push_back(trunk->outputs(batches[0], v));
  round_as_processor_does(*trunk);
  trunk->set_fake_quantisation(true);
  for (std::size_t v = 0; v < widths.size(); ++v) {
    const auto& exact = of_variants[v];
    const auto predicted = trunk->outputs(batches[0], v);
    const auto actual = int8_network(*trunk, v).outputs(batches[0]);
    for (std::size_t i = 0; i < exact.size(); ++i) {
      const double range = (exact[i].max() - exact[i].min()).item<double>();
      const double missed = (actual[i] - predicted[i]).abs().mean().item<double>();
      const double lost = (predicted[i] - exact[i]).abs().mean().item<double>();
      // A few rounding ties, or fewer errors than quantisation itself makes, where many roundings follow each other.
      EXPECT_LT(missed, std::max(0.02 * range, lost)) << "variant " << v << ", output " << i;
      EXPECT_GT((actual[i] - exact[i]).abs().max().item<double>(), 0.0) << "not quantised at all";
    }
  }
}

// Inception-v4's gradients began with a norm of about 500; cut to 5, as training does, they taught nothing for long.
TEST(inception_v4, begins_with_gradients_that_training_need_not_cut_to_a_hundredth) {
  torch::manual_seed(7);
  const auto net = make_architecture("inception-v4", {.input_size = 32, .classes = 10, .base_width = 8});
  reference_network whole(net);
  whole->train();
  const auto logits = whole(torch::rand({32, 3, 32, 32}));
  torch::nn::functional::cross_entropy(logits, torch::arange(32).remainder(10)).backward();
  EXPECT_LT(torch::nn::utils::clip_grad_norm_(whole->parameters(), 1e9), 50.0);
}

INSTANTIATE_TEST_SUITE_P(all, every_network, testing::ValuesIn(architecture_names()), [](const auto& instance) {
  std::string name = instance.param;
  for (char& c : name) c = c == '-' ? '_' : c;
  return name;
});

}  // namespace
}  // namespace dvfo::inference
