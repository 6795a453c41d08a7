#include <gtest/gtest.h>

#include <array>

#include "inference/architectures/architecture.hpp"
#include "inference/codec/feature_codec.hpp"
#include "inference/codec/imputation.hpp"
#include "inference/execution/fused_scam.hpp"
#include "inference/layers/feature_quantiser.hpp"
#include "inference/layers/imputation.hpp"
#include "inference/layers/scam.hpp"
#include "inference/layers/split_network.hpp"
#include "inference/training/losses.hpp"
#include "inference/training/optimiser.hpp"

namespace dvfo::inference {
namespace {

architecture small() {
  return make_resnet18({.input_size = 16, .classes = 10, .base_width = 8, .feature_channels = 8});
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

}  // namespace
}  // namespace dvfo::inference
