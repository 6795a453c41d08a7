#include <gtest/gtest.h>

#include <array>
#include <string>

#include "inference/architectures/architecture.hpp"
#include "inference/architectures/graph_cost.hpp"
#include "inference/architectures/part_costs.hpp"
#include "inference/error.hpp"

namespace dvfo::inference {
namespace {

constexpr std::array grid_widths = {1.0, 0.75, 0.5, 0.25};

/// What others count for a network at its published size.
struct published_figures {
  const char* name;
  double parameters;
  bool exact;         ///< every digit of the parameters is given
  int normalisation;  ///< learned numbers of a batch-normalised channel in that count: 0, 1 (folded) or 2
  double macs;
  const char* source;
};

std::ostream& operator<<(std::ostream& out, const published_figures& figures) { return out << figures.name; }

// "GFLOPS" of torchvision, timm and detectron2 are multiply-accumulates; darknet and the Open Model Zoo count two
// operations for each, but for DeepSpeech, whose 0.0472 a frame are one for every parameter.
constexpr std::array published = {
    published_figures{"efficientnet-b0", 5'288'548, true, 2, 0.386e9,
                      "torchvision's efficientnet.py: num_params 5288548, _ops 0.386"},
    published_figures{"vit-b16", 86'567'656, true, 2, 17.564e9,
                      "torchvision's vit_b_16: 86567656 parameters, 17.56 GFLOPS"},
    published_figures{"resnet18", 11'689'512, true, 2, 1.814e9,
                      "torchvision's resnet18: 11689512 parameters, 1.81 GFLOPS"},
    published_figures{"inception-v4", 42.7e6, false, 2, 12.3e9,
                      "timm's inception_v4.tf_in1k: 42.7 million parameters, 12.3 GMACs at 299 × 299"},
    published_figures{"mobilenet-v2", 3'504'872, true, 2, 0.300e9,
                      "torchvision's mobilenet_v2: 3504872 parameters; Sandler et al. 2018, Table 4: 300 M MAdds"},
    published_figures{"yolov3-tiny", 8.848e6, false, 1, 5.582e9 / 2,
                      "Open Model Zoo's yolo-v3-tiny-tf: 8.848 MParams, 5.582 GFLOPs at 416 × 416"},
    published_figures{"retinanet", 37'915'572, true, 0, 146.2e9,
                      "detectron2's tests/test_model_analysis.py: RetinaNet R50-FPN has 37915572 parameters, frozen "
                      "normalisation left out, and 146 G of convolutions at 800 × 800"},
    published_figures{"deepspeech", 47.2e6, false, 1, 16 * 0.0472e9,
                      "Open Model Zoo's mozilla-deepspeech-0.6.1: 47.2 MParams, 0.0472 G a frame, 16 frames"},
};

class published_architecture : public testing::TestWithParam<published_figures> {};

TEST_P(published_architecture, has_the_published_parameters_and_operations) {
  const auto& figures = GetParam();
  const auto net = make_architecture(figures.name, published_options(figures.name));
  const auto cost = cost_of(net.whole, 1.0);
  const auto parameters = cost.parameters + (figures.normalisation - 1) * cost.normalisations;
  EXPECT_NEAR(static_cast<double>(parameters), figures.parameters, figures.exact ? 0.0 : 0.01 * figures.parameters)
      << figures.source;
  EXPECT_NEAR(static_cast<double>(cost.macs), figures.macs, 0.01 * figures.macs) << figures.source;
}

INSTANTIATE_TEST_SUITE_P(all, published_architecture, testing::ValuesIn(published),
                         [](const auto& instance) { return std::to_string(instance.index); });

TEST(architectures, the_table_of_published_figures_has_them_all) {
  std::vector<std::string> tested;
  tested.reserve(std::size(published));
  for (const auto& figures : published) tested.emplace_back(figures.name);
  EXPECT_EQ(tested, architecture_names());
}

/// Every architecture at its published size and at one that two cores can train.
std::vector<architecture> all_sizes() {
  std::vector<architecture> out;
  for (const auto& name : architecture_names()) {
    const auto options = published_options(name);
    out.push_back(make_architecture(name, options));
    const bool detector = name == "yolov3-tiny" || name == "retinanet";
    out.push_back(make_architecture(name, {.input_size = detector ? 96 : 32,
                                           .classes = 10,
                                           .base_width = name == "vit-b16" || name == "deepspeech" ? 192 : 16,
                                           .feature_channels = 16}));
  }
  return out;
}

std::string label(const architecture& net) { return net.name + " at " + std::to_string(net.whole.at(0).out.width); }

TEST(architectures, are_slimmed_monotonically_and_never_in_their_outputs) {
  for (const auto& net : all_sizes()) {
    for (std::size_t i = 1; i < grid_widths.size(); ++i) {
      const auto wide = cost_of(net.trunk, grid_widths[i - 1]);
      const auto narrow = cost_of(net.trunk, grid_widths[i]);
      EXPECT_LT(narrow.macs, wide.macs) << label(net) << ", width " << grid_widths[i];
      EXPECT_LT(narrow.parameters, wide.parameters) << label(net) << ", width " << grid_widths[i];
      EXPECT_LT(narrow.values, wide.values) << label(net) << ", width " << grid_widths[i];
      EXPECT_EQ(narrow.launches, wide.launches) << label(net);
      for (const int output : net.trunk.outputs()) {
        EXPECT_EQ(net.trunk.channels_at(output, grid_widths[i]), net.trunk.at(output).out.channels) << label(net);
      }
    }
  }
}

// A sum of seven kept channels with eight others would read beyond a tensor's end, or not run at all.
TEST(architectures, operands_keep_the_same_channels_at_every_width) {
  for (const auto& net : all_sizes()) {
    for (const double width : grid_widths) {
      for (const auto& o : net.trunk.ops()) {
        if (o.kind != op_kind::add && o.kind != op_kind::scale) continue;
        EXPECT_EQ(net.trunk.kept(o.from[0], width), net.trunk.kept(o.from[1], width)) << label(net);
      }
    }
  }
}

TEST(architectures, answer_alike_whole_and_split) {
  for (const auto& net : all_sizes()) {
    EXPECT_EQ(net.extractor.ops().back().out, net.features) << label(net);
    EXPECT_EQ(net.trunk.at(0).out, net.features) << label(net);
    const auto whole = net.whole.outputs();
    const auto split = net.trunk.outputs();
    ASSERT_EQ(whole.size(), split.size()) << label(net);
    for (std::size_t i = 0; i < whole.size(); ++i) {
      EXPECT_EQ(net.whole.at(whole[i]).out, net.trunk.at(split[i]).out) << label(net) << ", output " << i;
    }
  }
}

/// Height and width of the map behind the bottleneck at published size, and the outputs.
TEST(architectures, have_the_shapes_of_their_papers) {
  const auto features = [](const char* name) { return make_architecture(name, published_options(name)).features; };
  const auto outputs = [](const char* name) {
    const auto net = make_architecture(name, published_options(name));
    std::vector<shape> shapes;
    for (const int each : net.whole.outputs()) shapes.push_back(net.whole.at(each).out);
    return shapes;
  };
  for (const char* name : {"efficientnet-b0", "resnet18", "mobilenet-v2"}) {
    EXPECT_EQ(features(name), (shape{32, 28, 28})) << name;
    EXPECT_EQ(outputs(name), (std::vector<shape>{{1000, 1, 1}})) << name;
  }
  EXPECT_EQ(features("vit-b16"), (shape{64, 14, 14}));
  EXPECT_EQ(features("inception-v4"), (shape{32, 37, 37}));
  EXPECT_EQ(features("yolov3-tiny"), (shape{32, 52, 52}));
  EXPECT_EQ(outputs("yolov3-tiny"), (std::vector<shape>{{255, 13, 13}, {255, 26, 26}}));
  EXPECT_EQ(features("retinanet"), (shape{32, 100, 100}));
  const std::vector<shape> levels = {{720, 100, 100}, {720, 50, 50}, {720, 25, 25}, {720, 13, 13}, {720, 7, 7},
                                     {36, 100, 100},  {36, 50, 50},  {36, 25, 25},  {36, 13, 13},  {36, 7, 7}};
  EXPECT_EQ(outputs("retinanet"), levels);
  EXPECT_EQ(features("deepspeech"), (shape{64, 1, 16}));
  EXPECT_EQ(outputs("deepspeech"), (std::vector<shape>{{29, 1, 16}}));
}

TEST(architectures, pictures_need_not_be_square) {
  auto options = published_options("retinanet");
  options.input_size = 1280;
  options.input_height = 800;
  const auto net = make_architecture("retinanet", options);
  EXPECT_EQ(net.features, (shape{32, 100, 160}));
}

TEST(architectures, extractor_is_the_smaller_part) {
  for (const auto& net : all_sizes()) {
    EXPECT_LT(cost_of(net.extractor, 1.0).macs, cost_of(net.trunk, 1.0).macs / 2) << label(net);
  }
}

// Bundles name tensors by their operator's index: a change of order would make every ResNet-18 bundle unreadable.
TEST(resnet18, operators_of_a_small_network_keep_their_order) {
  const auto net = make_resnet18({.input_size = 32, .classes = 100, .base_width = 32, .feature_channels = 32});
  std::string order;
  for (const auto& o : net.trunk.ops()) {
    order += o.kind == op_kind::conv ? (o.kernel.width == 3 ? "3" : "1") : std::string(name_of(o.kind)).substr(0, 1);
  }
  EXPECT_EQ(order, "i331a33a331a33a331a33a331a33agl");
  ASSERT_EQ(net.extractor.ops().size(), 3U);
  EXPECT_EQ(net.extractor.at(1).out, (shape{32, 32, 32}));
  EXPECT_EQ(net.extractor.at(2).out, (shape{32, 16, 16}));
}

TEST(architectures, too_small_an_input_is_refused_by_name) {
  try {
    make_architecture("yolov3-tiny", {.input_size = 0, .classes = 10, .base_width = 16});
    FAIL();
  } catch (const error& e) {
    EXPECT_EQ(e.code(), errc::bad_argument);
    EXPECT_NE(std::string(e.what()).find("yolov3-tiny with inputs of 0"), std::string::npos) << e.what();
  }
}

}  // namespace
}  // namespace dvfo::inference
