#include <ATen/record_function.h>
#include <gtest/gtest.h>

#include <string_view>

#include "inference/architectures/architecture.hpp"
#include "inference/architectures/part_costs.hpp"
#include "inference/layers/network.hpp"

namespace dvfo::inference {
namespace {

std::int64_t macs_so_far = 0;  // a callback of LibTorch's takes no state

/// Multiply-accumulates of the kernel that has just run, from the shapes of its real arguments.
void count(const at::RecordFunction& call, at::ObserverContext* /*unused*/) {
  const std::string_view name = call.name();
  const auto inputs = call.inputs();
  const auto tensor = [&](std::size_t i) { return inputs[i].toTensor(); };
  if (name == "aten::convolution") {
    const auto weight = tensor(1);
    macs_so_far += call.outputs().front().toTensor().numel() * (weight.numel() / weight.size(0));
  } else if (name == "aten::addmm") {
    macs_so_far += tensor(1).numel() * tensor(2).size(1);
  } else if (name == "aten::mm") {
    macs_so_far += tensor(0).numel() * tensor(1).size(1);
  } else if (name == "aten::bmm") {
    macs_so_far += tensor(0).numel() * tensor(1).size(2);
  }
}

std::int64_t counted(network& net, const shape& input, std::size_t variant) {
  torch::NoGradGuard no_gradient;
  net->eval();
  macs_so_far = 0;
  const auto handle = at::addThreadLocalCallback(
      at::RecordFunctionCallback([](const at::RecordFunction&) { return std::unique_ptr<at::ObserverContext>(); },
                                 count)
          .needsInputs(true)
          .needsOutputs(true)
          .scopes({at::RecordScope::FUNCTION}));
  net->outputs(torch::rand({1, input.channels, input.height, input.width}), variant);
  at::removeCallback(handle);
  return macs_so_far;
}

class counted_network : public testing::TestWithParam<std::string> {};

// Descriptors feed the physics of boards: an operator forgotten there would be free of charge.
TEST_P(counted_network, runs_the_operations_that_its_descriptor_says) {
  const bool detector = GetParam() == "yolov3-tiny" || GetParam() == "retinanet";
  const auto net = make_architecture(GetParam(), {.input_size = detector ? 64 : 32,
                                                  .classes = 10,
                                                  .base_width = GetParam() == "vit-b16" ? 128 : 32,
                                                  .feature_channels = 16});
  const auto costs = costs_of(net);
  network extractor(net.extractor, std::vector<double>{1.0});
  network trunk(net.trunk, std::vector<double>(local_widths.begin(), local_widths.end()));
  const auto expect_alike = [](double described, std::int64_t found, const std::string& what) {
    EXPECT_NEAR(described, 2.0 * static_cast<double>(found), 0.05 * described) << what;
    EXPECT_GT(found, 0) << what;
  };
  expect_alike(costs.extractor.flops, counted(extractor, net.whole.at(0).out, 0), "extractor");
  for (std::size_t v = 0; v < local_widths.size(); ++v) {
    expect_alike(costs.local[v].flops, counted(trunk, net.features, v), "local at " + std::to_string(local_widths[v]));
  }
  expect_alike(costs.remote.flops, counted(trunk, net.features, 0), "remote");
}

INSTANTIATE_TEST_SUITE_P(all, counted_network, testing::ValuesIn(architecture_names()),
                         [](const auto& instance) { return std::to_string(instance.index); });

}  // namespace
}  // namespace dvfo::inference
