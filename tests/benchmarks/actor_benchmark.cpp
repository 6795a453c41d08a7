// What the actors themselves cost a task: its latency less its compute stages, with models that take no time of their
// own. One task at a time, so that nothing waits for another task. Counters are microseconds.
#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdint>
#include <vector>

#include "actors/transport/publish.hpp"
#include "evaluation/percentile.hpp"
#include "policy/schemes/dvfo_scheme.hpp"
#include "policy/task_cost/network_task.hpp"
#include "tests/actors/nodes.hpp"

namespace dvfo::actors {
namespace {

void run_tasks(benchmark::State& state, test_node& node, const gateway_actor& gateway) {
  blocking_client client(node.system, gateway);
  const infer_task task{.input = fake_input(), .budget_seconds = 10.0, .eta = 0.5, .lambda = {}};
  std::vector<double> overhead;
  std::int64_t degraded = 0;
  for (auto _ : state) {
    const auto got = client.infer(task);
    overhead.push_back(policy::overhead_seconds(got.outcome) * 1e6);
    degraded += got.outcome.degraded == policy::degraded_reason::none ? 0 : 1;
  }
  state.counters["overhead_p50_us"] = evaluation::percentile(overhead, 0.5);
  state.counters["overhead_p99_us"] = evaluation::percentile(overhead, 0.99);
  state.counters["degraded"] = static_cast<double>(degraded);
}

/// The first argument is the share in percent, the second what each of the three models takes in microseconds: 0 shows
/// the messages alone, more lets threads fall asleep between stages as they do in earnest.
double share_of(const benchmark::State& state) { return static_cast<double>(state.range(0)) / 100.0; }

model_times times_of(const benchmark::State& state) {
  const std::chrono::microseconds each(state.range(1));
  return {.extract = each, .local = each, .remote = each};
}

void cloud_in_process(benchmark::State& state) {
  test_node node(false);
  const cloud_side cloud(node.system, fake_bundle_id, times_of(state));
  edge_side edge(node.system, share_of(state), times_of(state));
  edge.connect_in_process(cloud.router);
  run_tasks(state, node, edge.gateway);
}

void cloud_over_loopback(benchmark::State& state) {
  test_node there(true);
  const cloud_side cloud(there.system, fake_bundle_id, times_of(state));
  const auto port = publish_remote(there.system, cloud.router, "127.0.0.1", 0);
  test_node here(true);
  edge_side edge(here.system, share_of(state), times_of(state));
  const auto link = edge.connect("127.0.0.1", port);
  if (link.state != link_state::up) return state.SkipWithError(link.reason.c_str());
  run_tasks(state, here, edge.gateway);
}

/// A policy of the shipped size; what it decides does not matter here.
class any_policy {
 public:
  [[nodiscard]] std::shared_ptr<policy::scheme> make() const {
    policy::policy_bundle bundle;
    bundle.sizes = {16, 16, 16, 5};
    bundle.boards = {"jetson-tx2"};
    bundle.networks = {"resnet18"};
    const policy::action_space actions(bundle.sizes, bundle.form);
    bundle.network = policy::q_network({.inputs = policy::observer::size(), .outputs = actions.outputs()}, 1);
    return std::make_shared<policy::dvfo_scheme>(
        bundle,
        policy::policy_place{
            .board = "jetson-tx2", .network = "resnet18", .physics = &physics_, .max_power_watts = 15.0},
        policy::dvfo_scheme::complaint{});
  }

 private:
  device::simulated::physics board_ = device::simulated::physics::of_board("jetson-tx2");
  policy::task_physics physics_{board_, policy::task_of_network("resnet18", 2.0)};
};

/// What deciding adds to a task's critical path: the overhead with the policy less that with a scheme that has nothing
/// to think, both in one system, task about. Thought out ahead (bar: 5 µs at p50), and asked when the task is there.
void deciding(benchmark::State& state) {
  test_node node(false);
  const any_policy learned;
  const bool is_blocking = state.range(0) != 0;
  edge_side without(node.system, 0.0, times_of(state));
  edge_side with(node.system, learned.make(), times_of(state), {.is_blocking = is_blocking});
  blocking_client first(node.system, without.gateway);
  blocking_client second(node.system, with.gateway);
  const infer_task task{.input = fake_input(), .budget_seconds = 10.0, .eta = 0.5, .lambda = {}};
  std::vector<double> plain;
  std::vector<double> decided;
  for ([[maybe_unused]] auto _ : state) {
    plain.push_back(policy::overhead_seconds(first.infer(task).outcome) * 1e6);
    decided.push_back(policy::overhead_seconds(second.infer(task).outcome) * 1e6);
  }
  state.counters["added_p50_us"] = evaluation::percentile(decided, 0.5) - evaluation::percentile(plain, 0.5);
  state.counters["plain_p50_us"] = evaluation::percentile(plain, 0.5);
}

void shares_and_times(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"share_percent", "model_us"})->Iterations(2000)->UseRealTime()->Unit(benchmark::kMicrosecond);
  for (const int model_us : {0, 1000}) {
    for (const int share_percent : {0, 50, 100}) benchmark->Args({share_percent, model_us});
  }
}

BENCHMARK(cloud_in_process)->Apply(shares_and_times);
BENCHMARK(cloud_over_loopback)->Apply(shares_and_times);
BENCHMARK(deciding)
    ->ArgNames({"blocking", "model_us"})
    ->ArgsProduct({{0, 1}, {0, 1000}})
    ->Iterations(2000)
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace dvfo::actors
