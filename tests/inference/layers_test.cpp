#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "inference/architectures/architecture.hpp"
#include "inference/codec/feature_codec.hpp"
#include "inference/codec/imputation.hpp"
#include "inference/error.hpp"
#include "inference/execution/fused_scam.hpp"
#include "inference/execution/networks.hpp"
#include "inference/execution/processor.hpp"
#include "inference/layers/feature_quantiser.hpp"
#include "inference/layers/imputation.hpp"
#include "inference/layers/network.hpp"
#include "inference/layers/scam.hpp"
#include "inference/layers/split_network.hpp"
#include "inference/training/losses.hpp"
#include "inference/training/optimiser.hpp"
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

TEST(feature_quantiser, fitted_steps_round_features_around_a_level_better_than_first_ones) {
  torch::manual_seed(2);
  feature_quantiser quantiser(4, 2);
  const auto sizes = torch::tensor({0.1, 1.0, 5.0, 20.0}).view({1, 4, 1, 1});
  const auto features = torch::relu(3.0 + torch::randn({16, 4, 8, 8})) * sizes;
  const auto missed = [&] {
    return ((quantiser(features) - features) / sizes).square().mean({0, 2, 3}).max().item<double>();
  };
  quantiser->initialise(features);
  const double first = missed();
  quantiser->fit(features);
  EXPECT_LT(missed(), 0.3 * first);
  EXPECT_LT(missed(), 0.3) << "of the variance, in the worst channel";
}

TEST(scam, importance_is_a_distribution_and_attention_never_adds) {
  torch::manual_seed(1);
  scam attention(16);
  const auto features = torch::relu(torch::randn({4, 16, 8, 8}));
  const auto out = attention(features);
  EXPECT_EQ(out.features.sizes(), features.sizes());
  EXPECT_TRUE(torch::allclose(out.importance.sum(1), torch::ones({4})));
  EXPECT_TRUE((out.importance >= 0).all().item<bool>());
  EXPECT_TRUE((out.features <= features).all().item<bool>());
}

TEST(scam, silent_channel_is_the_least_important) {
  torch::manual_seed(1);
  scam attention(8);
  auto features = torch::rand({1, 8, 4, 4}) + 0.1;
  features.index({0, 5}).zero_();
  EXPECT_EQ(attention(features).importance.argmin(1).item<std::int64_t>(), 5);
}

TEST(secondary_mask, marks_the_rounded_share) {
  const auto importance = torch::softmax(torch::randn({3, 10}), 1);
  for (const double share : {0.0, 0.25, 0.5, 1.0}) {
    const auto sent = secondary_mask(importance, share).sum(1);
    EXPECT_TRUE((sent == static_cast<std::int64_t>(std::lround(share * 10))).all().item<bool>()) << share;
  }
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

// Training has the quantiser in the loop: it must see exactly what the codec will deliver.
TEST(feature_quantiser, gives_what_the_codec_gives_after_the_wire) {
  torch::manual_seed(4);
  for (const int bits : {2, 3, 4, 8}) {
    feature_quantiser quantiser(6, bits);
    const auto features = torch::relu(torch::randn({1, 6, 5, 7}));
    quantiser->initialise(features);
    feature_format format{.channels = 6, .height = 5, .width = 7, .bits = bits, .quantisers = {}};
    for (int c = 0; c < 6; ++c) format.quantisers.push_back({0.0F, quantiser->steps()[c].item<float>()});
    const std::vector<std::uint16_t> all = {0, 1, 2, 3, 4, 5};
    std::vector<std::byte> frame;
    const auto count = static_cast<std::size_t>(features.numel());
    encode_features(format, {features.data_ptr<float>(), count}, all, frame);
    std::vector<float> decoded(count);
    decode_features(format, frame, decoded);
    torch::NoGradGuard no_gradient;
    const auto trained = quantiser(features).contiguous();
    const auto delivered = torch::from_blob(decoded.data(), trained.sizes());
    // Division and multiplication with the reciprocal may part on a rounding tie, nowhere else.
    EXPECT_LE((trained - delivered).abs().gt(1e-5).sum().item<std::int64_t>(), 1) << bits << " bits";
  }
}

// A bit estimate that ignores the features would leave the rate where it is.
TEST(feature_quantiser, bits_are_the_entropy_of_the_levels_and_fall_along_their_gradient) {
  torch::manual_seed(2);
  feature_quantiser quantiser(2, 2);
  {
    torch::NoGradGuard no_gradient;
    quantiser->named_parameters()["step"].fill_(1.0);
  }
  auto features = torch::zeros({1, 2, 1, 8});
  for (int i = 0; i < 8; ++i) features.index({0, 0, 0, i}) = i % 4;  // channel 0: four levels alike; channel 1: silent
  EXPECT_NEAR(quantiser->bits(features).item<double>(), (2.0 + 0.0) / 2.0, 1e-3);
  auto many = (torch::relu(torch::randn({8, 2, 4, 4})) * 1.5).requires_grad_(true);
  const auto before = quantiser->bits(many);
  before.backward();
  const auto after = quantiser->bits(torch::relu(many.detach() - 20.0 * many.grad()));
  EXPECT_LT(after.item<double>(), before.item<double>());
}

TEST(split_network, imputation_begins_with_the_statistics_of_what_a_half_misses) {
  split_network net(small(), 2);
  {
    torch::NoGradGuard no_gradient;
    net->quantiser->named_parameters()["step"].fill_(1.0);  // levels 0 to 3
  }
  // Two pictures; of each, four strong channels stay and the others are sent. Channels 3 and 4 change places.
  auto features = torch::zeros({2, 8, 8, 8});
  for (int c = 0; c < 8; ++c) {
    features[0][c].fill_(c <= 3 ? 5.0 : 1.0);
    features[1][c].fill_(c < 3 || c == 4 ? 7.0 : 2.0);
  }
  net->start_imputation({features, features.mean({2, 3})});
  // A channel that the local half never misses in the sample begins with its mean over all, for the picture that is
  // different. The remote half misses and gets levels.
  const std::array<float, 8> local = {6.0F, 6.0F, 6.0F, 2.0F, 1.0F, 1.5F, 1.5F, 1.5F};
  const std::array<float, 8> remote = {3.0F, 3.0F, 3.0F, 2.5F, 2.0F, 1.5F, 1.5F, 1.5F};
  for (std::size_t c = 0; c < 8; ++c) {
    const auto at = static_cast<std::int64_t>(c);
    EXPECT_EQ(net->imputed_local[at].item<float>(), local[c]) << c;
    EXPECT_EQ(net->imputed_remote[at].item<float>(), remote[c]) << c;
  }
  EXPECT_EQ(net->covariance_remote[3][4].item<float>(), -0.5F);
  EXPECT_EQ(net->covariance_remote[4][4].item<float>(), 1.0F);
  EXPECT_EQ(net->covariance_remote[0][4].item<float>(), 0.0F);
}

TEST(split_network, keeps_the_covariance_of_what_is_sent_up_to_date) {
  torch::manual_seed(3);
  split_network net(small(), 8);
  auto features = torch::rand({16, 8, 8, 8});
  features.select(1, 7).copy_(1.0 - features.select(1, 0));
  const attended some{features, features.mean({2, 3})};
  for (int i = 0; i < 300; ++i) net(some, 2);
  const auto wanted = channel_covariance(net->quantiser(features));
  EXPECT_LT((net->covariance_remote - wanted).abs().max().item<float>(), 0.02F * wanted.max().item<float>());
  net->eval();
  const auto before = net->covariance_remote.clone();
  net(some, 2);
  EXPECT_TRUE(torch::equal(net->covariance_remote, before));
}

// In mixed precision the covariance came out in bfloat16, and training died on every processor that has it.
TEST(imputation, covariance_is_exact_in_mixed_precision) {
  torch::manual_seed(5);
  const auto map = torch::rand({4, 6, 5, 7});
  const auto wanted = channel_covariance(map);
  torch::Tensor found;
  {
    mixed_precision mixed(true, torch::kCPU);
    found = channel_covariance(map);
  }
  ASSERT_EQ(found.scalar_type(), torch::kFloat);
  EXPECT_TRUE(torch::equal(found, wanted));
}

TEST(imputation, is_the_same_in_training_and_on_the_deployed_path) {
  torch::manual_seed(5);
  feature_format format{.channels = 6, .height = 5, .width = 7, .bits = 4, .quantisers = {}};
  const auto mixed = torch::rand({6, 6});
  const auto map = torch::relu(torch::einsum("oc,nchw->nohw", {mixed, torch::randn({2, 6, 5, 7})}));
  const auto mean = torch::rand({6});
  const auto covariance = channel_covariance(map);
  for (int c = 0; c < 6; ++c) {
    format.quantisers.push_back({});
    format.imputed.push_back(mean[c].item<float>());
  }
  format.covariance.assign(covariance.data_ptr<float>(), covariance.data_ptr<float>() + 36);
  const std::array<std::vector<std::uint16_t>, 2> known = {{{0, 2, 5}, {1}}};
  auto missing = torch::ones({2, 6}, torch::kBool);
  for (int n = 0; n < 2; ++n) {
    for (const auto c : known[static_cast<std::size_t>(n)]) missing[n][c] = false;
  }
  const auto trained = impute(map, missing, mean, covariance);
  auto deployed = map.clone(torch::MemoryFormat::Contiguous);
  for (int n = 0; n < 2; ++n) {
    impute(format, known[static_cast<std::size_t>(n)], {deployed[n].data_ptr<float>(), 6 * 5 * 7});
  }
  EXPECT_TRUE(torch::allclose(trained, deployed, 1e-3, 1e-4));
  EXPECT_GT((deployed - map).abs().max().item<float>(), 0.1F);
  const auto plain = impute(map, missing, mean, torch::zeros({6, 6}));
  EXPECT_TRUE(torch::equal(plain[0][1], mean[1].expand({5, 7})));
  EXPECT_TRUE(torch::equal(plain[0][2], map[0][2]));
}

TEST(fused_scam, answers_as_the_layer_does) {
  torch::manual_seed(4);
  torch::NoGradGuard no_gradient;
  for (const auto& [channels, height, width] : {std::tuple{32, 16, 16}, {8, 5, 7}, {64, 1, 16}, {3, 1, 1}}) {
    scam attention(channels);
    const auto features =
        torch::relu(torch::randn({3, channels, height, width})).contiguous(torch::MemoryFormat::ChannelsLast);
    const auto layer = attention(features);
    const auto fused = fused_scam(*attention).forward(features);
    EXPECT_TRUE(torch::allclose(fused.features, layer.features, 1e-4, 1e-6)) << channels;
    EXPECT_TRUE(torch::allclose(fused.importance, layer.importance, 1e-4, 1e-7)) << channels;
  }
}

TEST(skewness, is_what_the_leading_channels_lack) {
  const auto importance = torch::tensor({{0.4, 0.3, 0.2, 0.1}, {0.25, 0.25, 0.25, 0.25}});
  EXPECT_NEAR(skewness_loss(importance, 2, 0.6).item<double>(), 0.05, 1e-6);
  EXPECT_NEAR(skewness_loss(importance, 3, 0.6).item<double>(), 0.0, 1e-6);
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
