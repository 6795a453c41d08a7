#pragma once

#include <cstddef>
#include <string>

#include "cli/commands/run_figures.hpp"

/// What `dvfo bench` measures end to end; every case stands alone.
namespace dvfo::cli {

/// The machine that figures were taken on.
struct machine_description {
  std::string processor;
  unsigned cores = 0;  ///< logical ones that this process may use
  double memory_gib = 0.0;
  std::string system;  ///< kernel
  std::string compiler;
  std::string libtorch;
};
machine_description describe_machine();

/// One task at a time through an edge node with its cloud in the same process.
run_figures measure_in_process(const std::string& bundle, double share, const std::string& input, std::size_t tasks);

/// The same through two processes and loopback TCP.
run_figures measure_loopback(const std::string& bundle, double share, const std::string& input, std::size_t tasks);

/// Voluntary context switches a task of an edge process, all its threads together, start and end included: each is a
/// thread that slept and was woken. One task at a time; at share 0 without a cloud, else over loopback TCP.
double measure_switches(const std::string& bundle, double share, const std::string& input, std::size_t tasks);

/// Processor time of an edge process that is connected to a cloud and has nothing to do, in percent of one core (user
/// and system time from /proc over `seconds`, after it has come to rest). The kernel counts in clock ticks, so
/// `seconds` bounds the resolution.
double measure_idle_percent(const std::string& bundle, double seconds);

/// Images a second through the cloud's actors, and through the same model called in a plain loop.
struct cloud_throughput {
  std::size_t batch = 0;
  double actors_per_second = 0.0;
  double bare_per_second = 0.0;
  double percent = 0.0;  ///< of the bare loop's, median of the rounds
};

/// Full batches of `batch` tasks at share ½, one worker, LibTorch on `threads` threads. The two ways take turns for
/// `rounds` rounds of half a second and the medians are given, because other programs share the machine.
cloud_throughput measure_cloud(const std::string& bundle, const std::string& input, std::size_t batch, int threads,
                               int rounds);

}  // namespace dvfo::cli
