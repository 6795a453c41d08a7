// Local DNNs at batch 1, one thread: int8 against its float twin and each width against full width for the CIFAR-100
// bundle's network, and int8 against float for all eight architectures at their published sizes; where there is a GPU,
// half floats on it, too, both copies included. The ratio of two rows of the same run is the figure.
#include <benchmark/benchmark.h>

#include "inference/architectures/architecture.hpp"
#include "inference/execution/fused_scam.hpp"
#include "inference/execution/networks.hpp"
#include "inference/model.hpp"

namespace {

using namespace dvfo::inference;

torch::Tensor features_of(const architecture& net, std::int64_t count) {
  return torch::rand({count, net.features.channels, net.features.height, net.features.width});
}

/// A network with random weights and real statistics: its time does not depend on what it learned.
network prepared(const architecture& net, const std::vector<double>& widths) {
  torch::manual_seed(1);
  torch::NoGradGuard no_gradient;
  network out(net.trunk, widths);
  const auto features = features_of(net, 2);
  for (std::size_t v = 0; v < widths.size(); ++v) {
    out->train();
    for (int i = 0; i < 3; ++i) out->outputs(features, v);
    out->eval();
    out->set_observing(true);
    out->outputs(features, v);
    out->set_observing(false);
  }
  return out;
}

template <class Execution>
void run(benchmark::State& state, const architecture& net, const std::vector<double>& widths, std::size_t variant) {
  const auto trained = prepared(net, widths);
  const Execution execution(*trained, variant);
  const auto features = features_of(net, 1);
  for (auto _ : state) benchmark::DoNotOptimize(execution.outputs(features));
  state.counters["width"] = widths[variant];
}

template <class Execution>
void of_the_bundle(benchmark::State& state) {
  const auto net = make_resnet18({.classes = 100, .base_width = 32, .feature_channels = 32});
  run<Execution>(state, net, {1.0, 0.75, 0.5, 0.25}, static_cast<std::size_t>(state.range(0)));
}

BENCHMARK(of_the_bundle<int8_network>)->DenseRange(0, 3)->ArgName("variant")->Unit(benchmark::kMillisecond);
BENCHMARK(of_the_bundle<float_network>)->Arg(0)->Arg(3)->ArgName("variant")->Unit(benchmark::kMillisecond);

/// SCAM on the maps of the CIFAR-100 bundle and of the published sizes of most networks.
void attention(benchmark::State& state) {
  torch::NoGradGuard no_gradient;
  scam trained(32);
  const fused_scam fused(*trained);
  const auto features =
      torch::rand({1, 32, state.range(0), state.range(0)}).contiguous(torch::MemoryFormat::ChannelsLast);
  for (auto _ : state) benchmark::DoNotOptimize(fused.forward(features));
}

BENCHMARK(attention)->Arg(16)->Arg(28)->ArgName("side")->Unit(benchmark::kMillisecond);

template <class Execution>
void published(benchmark::State& state, const std::string& name) {
  run<Execution>(state, make_architecture(name, published_options(name)), {1.0}, 0);
}

void on_a_gpu(benchmark::State& state, const std::string& name) {
  const auto net = make_architecture(name, published_options(name));
  const auto execution = make_cuda_execution(*prepared(net, {1.0}), 0);
  const auto features = features_of(net, state.range(0));
  static_cast<void>(execution->forward(features));  // captures
  for (auto _ : state) benchmark::DoNotOptimize(execution->forward(features));
}

}  // namespace

int main(int argc, char** argv) {
  prepare_for_single_images();
  set_intra_op_threads(1);
  for (const auto& name : architecture_names()) {
    benchmark::RegisterBenchmark(("int8/" + name).c_str(), published<int8_network>, name)
        ->Unit(benchmark::kMillisecond);
    benchmark::RegisterBenchmark(("float32/" + name).c_str(), published<float_network>, name)
        ->Unit(benchmark::kMillisecond);
    if (!torch::cuda::is_available()) continue;
    benchmark::RegisterBenchmark(("cuda-fp16/" + name).c_str(), on_a_gpu, name)
        ->Arg(1)
        ->Arg(16)
        ->ArgName("batch")
        ->Unit(benchmark::kMillisecond);
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
