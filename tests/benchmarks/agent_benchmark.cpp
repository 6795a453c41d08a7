// The DQN agent: a gradient step (bar: 3 times as many a second as the same agent in Python, bench/dqn compares), and a
// decision of the trained network (bar: 50 µs at p99).
#include <benchmark/benchmark.h>

#include <chrono>

#include "evaluation/percentile.hpp"
#include "policy/agent/learner.hpp"
#include "policy/agent/q_inference.hpp"

namespace {

using namespace dvfo::policy;

// As the shipped policy has them; the Python side (bench/dqn_pytorch.py) has the same.
constexpr int inputs = 62;
constexpr int clock_levels = 16;
constexpr int share_levels = 5;
constexpr int remembered = 50'000;

const action_space actions({clock_levels, clock_levels, clock_levels, share_levels}, output_form::conditional);

std::vector<float> noise(random_source& random) {
  std::vector<float> out(inputs);
  for (auto& each : out) each = static_cast<float>(random.normal());
  return out;
}

void gradient_step(benchmark::State& state) {
  learner_options options;
  options.replay.capacity = remembered;
  learner agent(options, actions, inputs, {actions.full_mask()});
  random_source random(1);
  for (int i = 0; i < remembered; ++i) {
    const auto now = noise(random);
    const auto next = noise(random);
    const levels action{random.below(clock_levels), random.below(clock_levels), random.below(clock_levels),
                        random.below(share_levels)};
    agent.remember({.state = now,
                    .action = action,
                    .reward = static_cast<float>(random.normal()),
                    .exponent = static_cast<float>(random.uniform()),
                    .next = next});
  }
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(agent.step(0.5));
  state.counters["steps/s"] = benchmark::Counter(static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}

void decision(benchmark::State& state) {
  const q_network network({.inputs = inputs, .outputs = actions.outputs()}, 1);
  q_inference inference(network, actions);
  const auto mask = actions.full_mask();
  random_source random(2);
  const auto seen = noise(random);
  std::vector<double> seconds;
  for ([[maybe_unused]] auto _ : state) {
    const auto begun = std::chrono::steady_clock::now();
    benchmark::DoNotOptimize(inference.best(seen, mask));
    seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count());
  }
  state.counters["p50_us"] = 1e6 * dvfo::evaluation::percentile(seconds, 0.5);
  state.counters["p99_us"] = 1e6 * dvfo::evaluation::percentile(seconds, 0.99);
}

BENCHMARK(gradient_step)->Unit(benchmark::kMicrosecond);
BENCHMARK(decision)->Unit(benchmark::kMicrosecond);

}  // namespace
