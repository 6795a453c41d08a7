// The local DNN at batch 1, one thread: int8 against its float twin, and each width against full width, for the
// CIFAR-100 bundle's network and for ResNet-18 at its published base width. The ratio of two rows of the same run is
// the figure.
#include <benchmark/benchmark.h>

#include "inference/architectures/architecture.hpp"
#include "inference/execution/networks.hpp"
#include "inference/model.hpp"

namespace {

using namespace dvfo::inference;

constexpr int feature_channels = 32;  // as in the shipped bundles
constexpr int feature_side = 16;

/// A network with random weights and real statistics: its time does not depend on what it learned.
network prepared(int base_width) {
  torch::manual_seed(1);
  torch::NoGradGuard no_gradient;
  const auto net = make_resnet18({.classes = 100, .base_width = base_width, .feature_channels = feature_channels});
  network out(net.trunk, std::vector<double>{1.0, 0.75, 0.5, 0.25});
  const auto features = torch::rand({8, feature_channels, feature_side, feature_side});
  for (std::size_t v = 0; v < 4; ++v) {
    out->train();
    for (int i = 0; i < 20; ++i) out(features, v);
    out->eval();
    out->set_observing(true);
    out(features, v);
    out->set_observing(false);
  }
  return out;
}

template <class Execution>
void run(benchmark::State& state) {
  const auto trained = prepared(static_cast<int>(state.range(0)));
  const auto variant = static_cast<std::size_t>(state.range(1));
  const Execution execution(*trained, variant);
  const auto features = torch::rand({1, feature_channels, feature_side, feature_side});
  for (auto _ : state) benchmark::DoNotOptimize(execution.forward(features));
  state.counters["width"] = trained->widths()[variant];
}

void int8(benchmark::State& state) { run<int8_network>(state); }
void float32(benchmark::State& state) { run<float_network>(state); }

BENCHMARK(int8)->ArgsProduct({{32, 64}, {0, 1, 2, 3}})->ArgNames({"base", "variant"})->Unit(benchmark::kMillisecond);
BENCHMARK(float32)->ArgsProduct({{32, 64}, {0, 3}})->ArgNames({"base", "variant"})->Unit(benchmark::kMillisecond);

}  // namespace

int main(int argc, char** argv) {
  prepare_for_single_images();
  set_intra_op_threads(1);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
