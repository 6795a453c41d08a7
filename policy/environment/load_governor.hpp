#pragma once

#include "device/simulated/physics.hpp"

namespace dvfo::policy {

/// How Linux sets a clock that no scheme orders, by load.
///
/// CPU: schedutil (Documentation/scheduler/schedutil.rst): f = 1.25 · util · f_max, util the frequency-invariant
/// PELT average with a half-life of 32 ms, set every 10 ms, the cap of its rate limit. A thread that waits for the GPU
/// is taken as busy, as the physics takes it.
///
/// GPU and memory: devfreq's simple_ondemand with its defaults (drivers/devfreq/governor_simpleondemand.c): above 90 %
/// load the highest clock, above 85 % no change, else f · load / 88 %; looked at every 25 ms, as NVIDIA's GPU driver
/// asks. What Jetsons use instead, nvhost_podgov and the memory's activity monitor, has no documented formula (docs/
/// schemes.md). The memory clock keeps the floor that the CPU clock demands.
///
/// Both take the lowest operating point that is not below what they want. Copyable; `board` must outlive it.
class load_governor {
 public:
  load_governor(const device::simulated::physics& board, double now);

  /// When it looks at the load next.
  [[nodiscard]] double next_seconds() const;

  /// `seconds` have passed at these clocks, during `busy_seconds` of which `work` ran. Steps of up to a period are
  /// fine.
  void account(double seconds, double busy_seconds, const device::simulated::work_cost& work,
               const device::simulated::operating_clocks& at);

  /// What it orders at `now`, which is next_seconds(): nothing for a knob whose period is not over.
  [[nodiscard]] device::clocks orders(double now, const device::simulated::operating_clocks& at);

 private:
  const device::simulated::physics* board_;
  double utilisation_ = 1.0;  // CPU; a board that has just begun to run is taken as busy
  double next_cpu_;
  double next_device_;
  double window_seconds_ = 0.0;
  double gpu_busy_seconds_ = 0.0;
  double memory_busy_seconds_ = 0.0;
};

}  // namespace dvfo::policy
