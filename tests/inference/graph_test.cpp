#include "inference/architectures/graph.hpp"

#include <gtest/gtest.h>

#include "inference/architectures/architecture.hpp"
#include "inference/architectures/part_costs.hpp"
#include "inference/error.hpp"

namespace dvfo::inference {
namespace {

TEST(graph, counts_multiply_accumulates_by_hand) {
  graph net;
  const int in = net.input(3);
  const int a = net.conv(in, 8, 3, 2, true);
  net.linear(net.global_average(a), 5);
  const auto cost = cost_of(net, 1.0, 10);
  EXPECT_EQ(cost.macs, 3 * 8 * 9 * 25 + 8 * 5);
  EXPECT_EQ(cost.parameters, 3 * 8 * 9 + 8 + 8 * 5 + 5);
  EXPECT_EQ(cost.launches, 3);
  const int conv = 3 * 100 + (3 * 8 * 9 + 8) + 8 * 25;
  const int average = 8 * 25 + 8;
  const int linear = 8 + (8 * 5 + 5) + 5;
  EXPECT_EQ(cost.values, conv + average + linear);
}

TEST(graph, width_slims_everything_but_input_and_classifier) {
  graph net;
  const int in = net.input(32);
  const int a = net.conv(in, 64, 3, 1, true);
  const int b = net.conv(a, 64, 3, 1, false);
  const int sum = net.add_relu(b, a);
  const int out = net.linear(net.global_average(sum), 100);
  EXPECT_EQ(net.channels_at(in, 0.25), 32);
  EXPECT_EQ(net.channels_at(a, 0.25), 16);
  EXPECT_EQ(net.channels_at(sum, 0.75), 48);
  EXPECT_EQ(net.channels_at(out, 0.25), 100);
}

// He et al. 2016, §4.2 and Table 1 give the layers; counted here by hand for ResNet-18 with 64 channels and 100
// classes, normalisation folded.
TEST(resnet18, has_the_published_convolutions) {
  const auto net = make_resnet18({.input_size = 32, .classes = 100, .base_width = 64, .feature_channels = 64});
  int three_by_three = 0;
  for (const auto& o : net.trunk.ops()) three_by_three += o.kind == op_kind::conv && o.kernel == 3 ? 1 : 0;
  EXPECT_EQ(three_by_three, 16);
  const std::int64_t stages = 4 * 9 * 64 * 64 + (9 * 64 * 128 + 3 * 9 * 128 * 128) +
                              (9 * 128 * 256 + 3 * 9 * 256 * 256) + (9 * 256 * 512 + 3 * 9 * 512 * 512);
  const std::int64_t projections = 64 * 64 + 64 * 128 + 128 * 256 + 256 * 512;
  const std::int64_t biases = 5 * 64 + 5 * 128 + 5 * 256 + 5 * 512;
  EXPECT_EQ(cost_of(net.trunk, 1.0, net.feature_side).parameters, stages + projections + biases + 512 * 100 + 100);
}

TEST(resnet18, costs_about_a_sixteenth_at_quarter_width) {
  const auto net = make_resnet18({.base_width = 64});
  const auto full = cost_of(net.trunk, 1.0, net.feature_side).macs;
  const auto quarter = cost_of(net.trunk, 0.25, net.feature_side).macs;
  EXPECT_NEAR(static_cast<double>(full) / static_cast<double>(quarter), 16.0, 1.5);
}

TEST(part_costs, fall_with_the_width_and_follow_the_value_size) {
  const auto net = make_resnet18({.input_size = 32, .classes = 100, .base_width = 32, .feature_channels = 32});
  const auto costs = costs_of(net, 32, {.front = 4.0, .local = 1.0, .remote = 4.0});
  for (std::size_t i = 1; i < costs.local.size(); ++i) {
    EXPECT_LT(costs.local[i].flops, costs.local[i - 1].flops);
    EXPECT_LT(costs.local[i].bytes, costs.local[i - 1].bytes);
    EXPECT_EQ(costs.local[i].launches, costs.local[0].launches);
  }
  EXPECT_EQ(costs.remote.flops, costs.local[0].flops);
  EXPECT_EQ(costs.remote.bytes, 4.0 * costs.local[0].bytes);
  EXPECT_EQ(costs.local[0].flops, 2.0 * static_cast<double>(cost_of(net.trunk, 1.0, 16).macs));
  // 16 convolutions and 4 projections (one where the features enter), 8 sums, average, classifier.
  EXPECT_EQ(costs.local[0].launches, 20 + 8 + 2);
  EXPECT_EQ(&costs.local_at(0.0), &costs.local[0]);
  EXPECT_EQ(&costs.local_at(0.5), &costs.local[2]);
  EXPECT_EQ(&costs.local_at(0.75), &costs.local[3]);
}

TEST(part_costs, attention_is_counted_by_hand) {
  architecture net = make_resnet18({.input_size = 4, .feature_channels = 8});
  ASSERT_EQ(net.feature_side, 2);
  const auto costs = costs_of(net, 4);
  // 8 channels of 4 pixels, 2 units: poolings 64, perceptron on two vectors 128, scaling 32, pooling 64, convolution
  // 18 multiply-accumulates a pixel, scaling 32, importance 32.
  EXPECT_EQ(costs.attention.flops, 64 + 128 + 32 + 64 + 2 * 18 * 4 + 32 + 32);
  EXPECT_EQ(costs.front().flops, costs.attention.flops + costs.extractor.flops);
}

TEST(architecture, unknown_name_lists_the_known_ones) {
  try {
    make_architecture("resnet19", {});
    FAIL();
  } catch (const error& e) {
    EXPECT_EQ(e.code(), errc::bad_argument);
    EXPECT_NE(std::string(e.what()).find("resnet19"), std::string::npos);
    EXPECT_NE(std::string(e.what()).find("resnet18"), std::string::npos);
  }
}

}  // namespace
}  // namespace dvfo::inference
