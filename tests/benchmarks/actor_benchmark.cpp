// What the actors themselves cost a task: its latency less its compute stages, with models that take no time of their
// own. One task at a time, so that nothing waits for another task. Counters are microseconds.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <stdexcept>
#include <vector>

#include <caf/scoped_actor.hpp>

#include "actors/publish.hpp"
#include "tests/actors/nodes.hpp"

namespace dvfo::actors {
namespace {

double percentile(std::vector<double> values, double share) {
  if (values.empty()) return 0.0;
  const auto rank = static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + rank, values.end());
  return values[static_cast<std::size_t>(rank)];
}

void run_tasks(benchmark::State& state, caf::actor_system& system, const gateway_actor& gateway) {
  caf::scoped_actor self(system);
  const auto image = fake_image();
  std::vector<double> overhead;
  std::int64_t degraded = 0;
  for (auto _ : state) {
    self->request(gateway, caf::infinite, infer_atom{},
                  infer_task{.image = image, .budget_seconds = 10.0, .eta = 0.5, .lambda = {}})
        .receive(
            [&](const answer& got) {
              overhead.push_back(policy::overhead_seconds(got.outcome) * 1e6);
              degraded += got.outcome.degraded == policy::degraded_reason::none ? 0 : 1;
            },
            [](const caf::error& failure) { throw std::runtime_error(text_of(failure)); });
  }
  state.counters["overhead_p50_us"] = percentile(overhead, 0.5);
  state.counters["overhead_p99_us"] = percentile(overhead, 0.99);
  state.counters["degraded"] = static_cast<double>(degraded);
}

/// The share in percent is the benchmark's argument.
double share_of(const benchmark::State& state) { return static_cast<double>(state.range(0)) / 100.0; }

void cloud_in_process(benchmark::State& state) {
  test_node node(false);
  const cloud_side cloud(node.system);
  edge_side edge(node.system, share_of(state));
  edge.connect_in_process(cloud.router);
  run_tasks(state, node.system, edge.gateway);
}

void cloud_over_loopback(benchmark::State& state) {
  test_node there(true);
  const cloud_side cloud(there.system);
  const auto port = publish_remote(there.system, cloud.router, "127.0.0.1", 0);
  test_node here(true);
  edge_side edge(here.system, share_of(state));
  const auto link = edge.connect("127.0.0.1", port);
  if (link.state != link_state::up) return state.SkipWithError(link.reason.c_str());
  run_tasks(state, here.system, edge.gateway);
}

BENCHMARK(cloud_in_process)->Arg(0)->Arg(50)->Arg(100)->Iterations(3000)->UseRealTime()->Unit(benchmark::kMicrosecond);
BENCHMARK(cloud_over_loopback)->Arg(50)->Arg(100)->Iterations(3000)->UseRealTime()->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace dvfo::actors
