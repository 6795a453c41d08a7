#include "inference/architectures/graph.hpp"

#include <gtest/gtest.h>

#include "inference/architectures/architecture.hpp"
#include "inference/architectures/graph_cost.hpp"
#include "inference/architectures/part_costs.hpp"
#include "inference/error.hpp"

namespace dvfo::inference {
namespace {

TEST(graph, counts_multiply_accumulates_by_hand) {
  graph net;
  const int in = net.input({3, 10, 10});
  const int a = net.conv(in, {8, 3, 2, activation::relu});
  net.linear(net.global_average(a), {5});
  const auto cost = cost_of(net, 1.0);
  EXPECT_EQ(cost.macs, 3 * 8 * 9 * 25 + 8 * 5);
  EXPECT_EQ(cost.parameters, 3 * 8 * 9 + 8 + 8 * 5 + 5);
  EXPECT_EQ(cost.normalisations, 8);
  EXPECT_EQ(cost.launches, 3);
  const int conv = 3 * 100 + (3 * 8 * 9 + 8) + 8 * 25;
  const int average = 8 * 25 + 8;
  const int linear = 8 + (8 * 5 + 5) + 5;
  EXPECT_EQ(cost.values, conv + average + linear);
}

TEST(graph, depthwise_convolution_has_one_kernel_a_channel) {
  graph net;
  const int a = net.depthwise(net.input({6, 8, 8}), {.kernel = 5, .stride = 2, .then = activation::relu6});
  EXPECT_EQ(net.at(a).out, (shape{6, 4, 4}));
  const auto cost = cost_of(net, a, 1.0);
  EXPECT_EQ(cost.macs, 6 * 25 * 16);
  EXPECT_EQ(cost.parameters, 6 * 25 + 6);
}

TEST(graph, width_slims_everything_but_input_and_classifier) {
  graph net;
  const int in = net.input({32, 4, 4});
  const int a = net.conv(in, {64, 3});
  const int b = net.conv(a, {64, 3});
  const int sum = net.add(b, a);
  const int out = net.linear(net.global_average(sum), {100});
  EXPECT_EQ(net.channels_at(in, 0.25), 32);
  EXPECT_EQ(net.channels_at(a, 0.25), 16);
  EXPECT_EQ(net.channels_at(sum, 0.75), 48);
  EXPECT_EQ(net.channels_at(out, 0.25), 100);
}

TEST(graph, concatenation_keeps_the_leading_channels_of_every_part) {
  graph net;
  const int in = net.input({3, 4, 4});
  const int a = net.conv(in, {8, 1});
  const int b = net.conv(in, {16, 1});
  const int both = net.concat({a, in, b});
  EXPECT_EQ(net.at(both).out.channels, 27);
  EXPECT_EQ(net.kept(both, 0.5), (std::vector<channel_range>{{0, 4}, {8, 3}, {11, 8}}));
  EXPECT_EQ(net.channels_at(net.max_pool(both, {}), 0.5), 15);
}

// 10 positions of stride 2 need one zero with a 3×3 kernel: TensorFlow puts it behind, PyTorch one on either side.
TEST(graph, padding_places_the_same_number_of_positions_differently) {
  graph net;
  const int in = net.input({1, 10, 10});
  const op& same = net.at(net.conv(in, {1, 3, 2}));
  EXPECT_EQ(same.out, (shape{1, 5, 5}));
  EXPECT_EQ(same.before, window(1));
  EXPECT_EQ(same.after, window(1));
  graph other;
  const op& trailing = other.at(
      other.conv(other.input({1, 10, 10}), {.channels = 1, .kernel = 3, .stride = 2, .rim = padding::trailing}));
  EXPECT_EQ(trailing.out, (shape{1, 5, 5}));
  EXPECT_EQ(trailing.before, window(0));
  EXPECT_EQ(trailing.after, window(1));
  graph last;
  const op& valid =
      last.at(last.conv(last.input({1, 10, 10}), {.channels = 1, .kernel = {1, 7}, .rim = padding::valid}));
  EXPECT_EQ(valid.out, (shape{1, 10, 4}));
}

TEST(graph, attention_is_counted_by_hand_and_loses_whole_heads) {
  graph net;
  const int tokens = net.sequence(net.input({12, 2, 2}));
  const int queries = net.linear(tokens, {.channels = 36, .step = 9});
  const int attended = net.attention(queries, 3);
  EXPECT_EQ(net.at(attended).out, (shape{12, 1, 4}));
  EXPECT_EQ(net.channels_at(queries, 0.6), 18) << "2 of 4 heads";
  EXPECT_EQ(net.channels_at(attended, 0.6), 6);
  EXPECT_EQ(cost_of(net, queries, 1.0).macs, 12 * 36 * 4);
  const auto cost = cost_of(net, attended, 1.0);
  EXPECT_EQ(cost.macs, 2 * 4 * 4 * 12) << "Q·Kᵀ and its product with V";
  EXPECT_EQ(cost.values, 36 * 4 + 12 * 4 + 4 * (4 * 4 * 4));
  EXPECT_EQ(cost.launches, 3);
}

TEST(graph, lstm_is_counted_by_hand) {
  graph net;
  const int out = net.lstm(net.sequence(net.input({5, 1, 7})), 4);
  const auto cost = cost_of(net, out, 1.0);
  EXPECT_EQ(cost.parameters, 4 * (4 * (5 + 4) + 4));
  EXPECT_EQ(cost.macs, 7 * 4 * 4 * (5 + 4));
  EXPECT_EQ(cost.values, 5 * 7 + 4 * 7 + 4 * (4 * (5 + 4) + 4) + 6 * 4 * 4 * 4) << "state weights at every step";
  EXPECT_EQ(cost.launches, 1 + 7);
}

TEST(graph, shared_weights_count_once_as_parameters_and_each_time_as_work) {
  graph net;
  const int in = net.input({4, 8, 8});
  const int small = net.max_pool(in, {});
  const int owner = net.conv(in, {.channels = 4, .kernel = 3, .normalised = false});
  const int again = net.again(owner, small);
  EXPECT_EQ(net.at(again).out, (shape{4, 4, 4}));
  EXPECT_EQ(cost_of(net, owner, 1.0).parameters, 4 * 4 * 9 + 4);
  EXPECT_EQ(cost_of(net, again, 1.0).parameters, 0);
  EXPECT_EQ(cost_of(net, again, 1.0).macs, 4 * 4 * 9 * 16);
}

TEST(graph, refuses_what_does_not_fit_and_names_it) {
  const auto refusal = [](const auto& build) {
    graph net;
    try {
      build(net, net.input({4, 6, 6}));
    } catch (const error& e) {
      EXPECT_EQ(e.code(), errc::bad_argument);
      return std::string(e.what());
    }
    return std::string("accepted");
  };
  EXPECT_EQ(refusal([](graph& net, int in) {
              net.add(in, net.conv(in, {5, 1}));
            }),
            "operator add gets 4×6×6 and 5×6×6, expected two equal shapes");
  EXPECT_EQ(refusal([](graph& net, int in) {
              net.concat({in, net.max_pool(in, {})});
            }),
            "operator concat gets 4×3×3, expected maps of 6×6");
  EXPECT_EQ(refusal([](graph& net, int in) { net.scale(in, in); }),
            "operator scale gets 4×6×6, expected factors of shape 4×1×1");
  EXPECT_EQ(refusal([](graph& net, int in) { net.lstm(in, 3); }), "operator lstm gets 4×6×6, expected a sequence");
  EXPECT_EQ(refusal([](graph& net, int in) { net.attention(in, 3); }),
            "operator attention gets 4 channels in steps of 0, expected multiples of 9: queries, keys and values of "
            "heads of 3");
  EXPECT_EQ(refusal([](graph& net, int in) {
              net.conv(in, {4, 2});
            }),
            "operator conv gets a kernel of 2×2 with the same padding on every side, expected odd sides, or another "
            "padding");
  EXPECT_EQ(refusal([](graph& net, int in) {
              net.max_pool(in, {7, 2, padding::valid});
            }),
            "operator 1 (max_pool) would make 4×0×0: choose a larger input size or base width");
}

TEST(part_costs, fall_with_the_width_and_follow_the_value_size) {
  const auto net = make_resnet18({.input_size = 32, .classes = 100, .base_width = 32, .feature_channels = 32});
  const auto costs = costs_of(net, {.front = 4.0, .local = 1.0, .remote = 4.0});
  for (std::size_t i = 1; i < costs.local.size(); ++i) {
    EXPECT_LT(costs.local[i].flops, costs.local[i - 1].flops);
    EXPECT_LT(costs.local[i].bytes, costs.local[i - 1].bytes);
    EXPECT_EQ(costs.local[i].launches, costs.local[0].launches);
  }
  EXPECT_EQ(costs.remote.flops, costs.local[0].flops);
  EXPECT_EQ(costs.remote.bytes, 4.0 * costs.local[0].bytes);
  EXPECT_EQ(costs.local[0].flops, 2.0 * static_cast<double>(cost_of(net.trunk, 1.0).macs));
  // 16 convolutions and 4 projections (one where the features enter), 8 sums, average, classifier.
  EXPECT_EQ(costs.local[0].launches, 20 + 8 + 2);
  EXPECT_EQ(&costs.local_at(0.0), costs.local.data());
  EXPECT_EQ(&costs.local_at(0.5), &costs.local[2]);
  EXPECT_EQ(&costs.local_at(0.75), &costs.local[3]);
}

TEST(part_costs, attention_is_counted_by_hand) {
  architecture net = make_resnet18({.input_size = 4, .feature_channels = 8});
  ASSERT_EQ(net.features, (shape{8, 2, 2}));
  const auto costs = costs_of(net);
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
