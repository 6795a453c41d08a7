// Cost of sensing: one reading of a recorded tree, and what share of one core it takes at the sensors' native rate
// (counter core_share; the bar is 0.01). The files lie in memory, so this is DVFO's and the kernel's part; the
// conversion and the I²C transfer of a real chip are waiting, not computing.
#include <benchmark/benchmark.h>

#include <algorithm>

#include "device/sensors.hpp"
#include "tests/support/sysfs_tree.hpp"

namespace {

using dvfo::device::detect;
using dvfo::device::sensor_set;
using dvfo::device::telemetry;
using dvfo::device::time_point;

using read_function = telemetry (sensor_set::*)(time_point);

/// `shortest_interval`: seconds between readings where the power sensor's own interval is shorter; temperatures and
/// clocks do not need the rate of an energy counter.
void sense(benchmark::State& state, const char* tree_name, read_function read, double shortest_interval) {
  const dvfo::tests::sysfs_tree tree(tree_name);
  sensor_set sensors(detect(tree.root()));
  const double interval = std::max(shortest_interval, sensors.update_interval_seconds());
  const auto step = std::chrono::duration_cast<time_point::duration>(std::chrono::duration<double>(interval));
  time_point now;
  for ([[maybe_unused]] auto _ : state) {
    benchmark::DoNotOptimize((sensors.*read)(now));
    now += step;
  }
  state.counters["interval_ms"] = 1e3 * interval;
  // Seconds of a core that one reading takes, over the interval: iterations per second inverted and divided.
  state.counters["core_share"] =
      benchmark::Counter(interval, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

// The constructors of a sensor_set open nothing that a reading would not; the first reading is part of the mean.
BENCHMARK_CAPTURE(sense, xavier_nx_jp4_all, "jetson-xavier-nx-jp4", &sensor_set::read, 0.0);
BENCHMARK_CAPTURE(sense, xavier_nx_jp4_power, "jetson-xavier-nx-jp4", &sensor_set::read_power, 0.0);
BENCHMARK_CAPTURE(sense, xavier_nx_jp5_all, "jetson-xavier-nx-jp5", &sensor_set::read, 0.0);
BENCHMARK_CAPTURE(sense, tx2_jp4_all, "jetson-tx2-jp4", &sensor_set::read, 0.0);
BENCHMARK_CAPTURE(sense, intel_all_at_20_ms, "linux-intel-rapl", &sensor_set::read, 0.02);
BENCHMARK_CAPTURE(sense, intel_power, "linux-intel-rapl", &sensor_set::read_power, 0.0);

}  // namespace
