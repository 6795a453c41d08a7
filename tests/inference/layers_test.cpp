#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "inference/architectures/architecture.hpp"
#include "inference/error.hpp"
#include "inference/execution/networks.hpp"
#include "inference/execution/processor.hpp"
#include "inference/layers/network.hpp"
#include "inference/training/losses.hpp"
#include "tests/inference/exact_weights.hpp"

namespace dvfo::inference {
namespace {

const std::vector<double> widths = {1.0, 0.75, 0.5, 0.25};

architecture small() {
  return make_resnet18({.input_size = 16, .classes = 10, .base_width = 8, .feature_channels = 8});
}

/// A network whose statistics and ranges come from a few batches, as after training.
network observed(const std::vector<torch::Tensor>& batches) {
  network net(small().trunk, widths);
  round_as_processor_does(*net);
  torch::NoGradGuard no_gradient;
  net->train();
  for (int round = 0; round < 30; ++round) {
    for (std::size_t v = 0; v < widths.size(); ++v) net(batches[static_cast<std::size_t>(round) % batches.size()], v);
  }
  net->eval();
  net->set_observing(true);
  for (const auto& x : batches) {
    for (std::size_t v = 0; v < widths.size(); ++v) net(x, v);
  }
  net->set_observing(false);
  return net;
}

std::vector<torch::Tensor> some_features() {
  torch::manual_seed(5);
  std::vector<torch::Tensor> out;
  for (int i = 0; i < 3; ++i) out.push_back(torch::relu(torch::randn({16, 8, 8, 8})));
  return out;
}

TEST(network, variants_share_weights_but_not_statistics) {
  torch::manual_seed(2);
  network net(small().trunk, widths);
  const auto before = net->fold(1, 1).bias.clone();
  net->train();
  net(torch::randn({8, 8, 8, 8}), 0);  // only variant 0 sees a batch
  EXPECT_TRUE(torch::equal(net->fold(1, 1).bias, before));
  EXPECT_EQ(net->fold(1, 0).weight.size(0), 8);
  EXPECT_EQ(net->fold(1, 3).weight.size(0), 2);
}

TEST(network, parted_weights_begin_as_the_shared_ones) {
  const auto batches = some_features();
  auto net = observed(batches);
  const auto x = batches[1];
  torch::NoGradGuard no_gradient;
  std::vector<torch::Tensor> shared;
  for (std::size_t v = 0; v < widths.size(); ++v) shared.push_back(net(x, v));
  EXPECT_FALSE(net->has_parted_weights());
  net->part_weights();
  EXPECT_TRUE(net->has_parted_weights());
  for (std::size_t v = 0; v < widths.size(); ++v) EXPECT_TRUE(torch::equal(net(x, v), shared[v])) << "variant " << v;
  const auto parameters = net->named_parameters().size();
  net->part_weights();
  EXPECT_EQ(net->named_parameters().size(), parameters) << "parted once more";
}

TEST(network, what_a_variant_with_weights_of_its_own_learns_moves_no_other) {
  const auto batches = some_features();
  auto net = observed(batches);
  net->part_weights();
  const auto answers = [&] {
    torch::NoGradGuard no_gradient;
    std::vector<torch::Tensor> out;
    for (std::size_t v = 0; v < widths.size(); ++v) out.push_back(net(batches[1], v));
    return out;
  };
  const auto before = answers();
  torch::optim::SGD descend(net->parameters(), 0.1);
  net(batches[0], 1).square().sum().backward();
  descend.step();
  const auto after = answers();
  for (std::size_t v = 0; v < widths.size(); ++v) {
    EXPECT_EQ(torch::equal(after[v], before[v]), v != 1) << "variant " << v;
  }
}

// The grid of a width with weights of its own is finer where the largest weight of the whole was cut away.
TEST(network, parted_weights_have_steps_of_their_own) {
  torch::manual_seed(2);
  network net(small().trunk, widths);
  torch::NoGradGuard no_gradient;
  auto whole = net->named_parameters()["op2_weight"];
  whole.select(1, whole.size(1) - 1).fill_(100.0);
  const auto shared = net->fold(2, 2).scale;
  net->part_weights();
  EXPECT_TRUE((10.0 * net->fold(2, 2).scale < shared).all().item<bool>());
}

TEST(network, frozen_first_variant_lets_the_others_learn) {
  torch::manual_seed(2);
  network net(small().trunk, widths);
  net->part_weights();
  net->freeze_first_variant();
  const auto learns = [&](const char* name) { return net->named_parameters()[name].requires_grad(); };
  EXPECT_FALSE(learns("op1_weight"));
  EXPECT_FALSE(learns("op1_gamma0"));
  EXPECT_TRUE(learns("op1_weight1"));
  EXPECT_TRUE(learns("op1_gamma3"));
}

TEST(network, kept_statistics_answer_in_training_as_afterwards_and_still_learn) {
  const auto batches = some_features();
  network net = observed({batches[0], batches[1]});
  net->keep_statistics();
  const auto& x = batches[2];
  net->train();
  const auto in_training = net(x, 1);
  in_training.sum().backward();
  net->eval();
  EXPECT_TRUE(torch::equal(in_training, net(x, 1)));
  for (const char* learned : {"op1_weight", "op1_gamma1", "op1_beta1"}) {
    EXPECT_TRUE(net->named_parameters()[learned].grad().defined()) << learned;
  }
}

TEST(network, gradients_pass_through_fake_quantisation) {
  torch::manual_seed(2);
  network net(small().trunk, widths);
  net->train();
  net->set_observing(true);
  net->set_fake_quantisation(true);
  net(torch::relu(torch::randn({8, 8, 8, 8})), 2).sum().backward();
  EXPECT_GT(net->named_parameters()["op1_weight"].grad().abs().sum().item<float>(), 0.0F);
}

TEST(float_network, folding_normalisation_changes_nothing) {
  const auto batches = some_features();
  auto net = observed(batches);
  torch::NoGradGuard no_gradient;
  for (std::size_t v = 0; v < widths.size(); ++v) {
    const float_network folded(*net, v);
    EXPECT_TRUE(torch::allclose(folded.forward(batches[0]), net(batches[0], v), 1e-3, 1e-4)) << "variant " << v;
  }
}

// Fake quantisation is only worth its cost if it predicts what the integers will do.
TEST(int8_network, computes_what_fake_quantisation_predicted) {
  const auto batches = some_features();
  auto net = observed(batches);
  torch::NoGradGuard no_gradient;
  for (std::size_t v = 0; v < widths.size(); ++v) {
    const int8_network integers(*net, v);
    net->set_fake_quantisation(false);
    const auto exact = net(batches[1], v);
    net->set_fake_quantisation(true);
    const auto predicted = net(batches[1], v);
    const auto actual = integers.forward(batches[1]);
    const double range = (exact.max() - exact.min()).item<double>();
    // Rounding ties; in 7 bits the largest weight of every channel, too, lies between two levels.
    const double allowance = processor_adds_byte_products_exactly() ? 0.01 : 0.02;
    EXPECT_LT((actual - predicted).abs().mean().item<double>(), allowance * range) << "variant " << v;
    EXPECT_LT((actual - exact).abs().mean().item<double>(), 0.04 * range) << "variant " << v;
    EXPECT_GT((actual - exact).abs().max().item<double>(), 0.0) << "variant " << v << " is not quantised at all";
  }
}

TEST(int8_network, refuses_a_network_that_never_observed_its_ranges) {
  network net(small().trunk, widths);
  EXPECT_THROW(int8_network(*net, 0), error);
}

TEST(losses, hints_count_differences_in_variances_of_the_teacher) {
  const auto wanted = torch::tensor({{0.0F, 2.0F}, {0.0F, 2.0F}});  // variance 4/3
  const auto all = network_impl::hint{wanted, {{0, 2}}};
  const auto shifted = network_impl::hint{wanted + 2.0, {{0, 2}}};
  EXPECT_EQ(hint_loss({all}, {all}).item<double>(), 0.0);
  EXPECT_NEAR(hint_loss({shifted}, {all}).item<double>(), 3.0, 1e-5);
  EXPECT_NEAR(hint_loss({shifted, all}, {shifted, all, all}).item<double>(), 1.5, 1e-5) << "the last two of each";
}

// Inception-v4 has no residual sums: what its halves learned from the teacher was its last map alone.
TEST(network, explains_itself_with_what_each_block_ends_with) {
  graph net;
  const int image = net.input({4, 4, 4});
  const int branch = net.conv(image, {.channels = 4});
  const int joined = net.concat({branch, net.conv(image, {.channels = 4})});
  const int sum = net.add(joined, net.conv(joined, {.channels = 8}));
  net.linear(net.global_average(sum), {3});
  network layers(net, std::vector<double>{1.0, 0.5});
  const auto found = layers->explained(torch::rand({2, 4, 4, 4}), 1).hints;
  ASSERT_EQ(found.size(), 3U);
  EXPECT_THAT(found[0].kept, testing::ElementsAre(channel_range{0, 2}, channel_range{4, 2})) << "concatenation";
  EXPECT_EQ(found[0].map.sizes(), (std::vector<std::int64_t>{2, 4, 4, 4}));
  EXPECT_EQ(found[1].map.dim(), 4) << "residual sum";
  EXPECT_EQ(found[2].map.dim(), 2) << "what the classifier reads";
}

TEST(losses, a_narrower_network_is_compared_with_the_channels_it_keeps) {
  const auto wanted = torch::rand({2, 4, 3, 3});
  const auto narrow = torch::cat({wanted.narrow(1, 0, 1), wanted.narrow(1, 2, 1)}, 1);
  EXPECT_EQ(hint_loss({{narrow, {{0, 1}, {2, 1}}}}, {{wanted, {{0, 4}}}}).item<double>(), 0.0);
}

TEST(byte_table, is_the_activation_between_two_grids) {
  const grid from{0.05, 100};
  const grid onto{0.03, 10};
  const auto levels = torch::arange(256, torch::kByte).view({1, 4, 8, 8}).contiguous(torch::MemoryFormat::ChannelsLast);
  const auto x = torch::_make_per_tensor_quantized_tensor(levels, from.scale, from.zero_point);
  const auto y = byte_table(activation::silu, from, onto).apply(x);
  EXPECT_TRUE(y.is_contiguous(torch::MemoryFormat::ChannelsLast));
  const auto wanted =
      torch::quantize_per_tensor(torch::silu(x.dequantize()).contiguous(), onto.scale, onto.zero_point, torch::kQUInt8);
  EXPECT_LE((y.int_repr().to(torch::kInt) - wanted.int_repr().to(torch::kInt)).abs().max().item<int>(), 1);
  EXPECT_GT(y.dequantize().max().item<float>(), 7.0F);
}

}  // namespace
}  // namespace dvfo::inference
