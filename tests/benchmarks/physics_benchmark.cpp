// Cost of one physics call: what the training environment pays for every simulated step. Bar: 200 ns.
#include <benchmark/benchmark.h>

#include "device/simulated/physics.hpp"

namespace {

using namespace dvfo::device;
using namespace dvfo::device::simulated;

// Clocks change at every call, so that nothing can be worked out once for all.
operating_clocks clocks_at(const physics& board, std::size_t i) {
  const auto pick = [i](const std::vector<double>& points, std::size_t step) {
    return points[i * step % points.size()];
  };
  return {pick(board.points(knob::cpu), 5), pick(board.points(knob::gpu), 7), pick(board.points(knob::memory), 3)};
}

void time_and_power(benchmark::State& state) {
  const auto board = physics::of_board("jetson-xavier-nx");
  const auto cost = board.cost_of({4e9, 5e7, 60.0});
  std::size_t i = 0;
  for ([[maybe_unused]] auto _ : state) {
    ++i;
    benchmark::DoNotOptimize(board.run(cost, clocks_at(board, i), 40.0 + static_cast<double>(i % 16)));
  }
}

void idle_power(benchmark::State& state) {
  const auto board = physics::of_board("jetson-xavier-nx");
  std::size_t i = 0;
  for ([[maybe_unused]] auto _ : state) {
    ++i;
    benchmark::DoNotOptimize(board.idle(clocks_at(board, i), 40.0 + static_cast<double>(i % 16)));
  }
}

void effective_clocks(benchmark::State& state) {
  const auto board = physics::of_board("jetson-xavier-nx");
  std::size_t i = 0;
  for ([[maybe_unused]] auto _ : state) {
    const auto at = clocks_at(board, ++i);
    benchmark::DoNotOptimize(board.effective({at.cpu_hz * 1.01, at.gpu_hz * 0.99, at.memory_hz}));
  }
}

void cost_of_workload(benchmark::State& state) {
  const auto board = physics::of_board("jetson-xavier-nx");
  double flops = 1e9;
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(board.cost_of({flops += 1e3, 5e7, 60.0}));
}

BENCHMARK(time_and_power);
BENCHMARK(idle_power);
BENCHMARK(effective_clocks);
BENCHMARK(cost_of_workload);

}  // namespace
