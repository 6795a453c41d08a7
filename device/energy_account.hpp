#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>

#include "device/sensors.hpp"

namespace dvfo::device {

/// Energy of a window = integral over time of measured power; energy of one task = its share of the window: at every
/// instant the board's power is divided equally among the tasks in flight (DVFO Eq. 10–12, waiting included). Between
/// readings the newest power is held. Plain bookkeeping: no clock, no file, no thread.
class energy_account {
 public:
  /// A reading goes stale after this long without another: then energy is absent, not extrapolated.
  explicit energy_account(double longest_hold_seconds);

  /// A power reading, instants not descending. A later reading with a counter corrects the integral since the last one.
  void on_power(time_point when, std::optional<double> watts, std::optional<double> total_joules);

  void begin_task(std::uint64_t id, time_point when);

  /// Joules of the task up to `when`; absent if power was unknown during any part of it.
  std::optional<double> end_task(std::uint64_t id, time_point when);

  /// Joules since the first reading; absent before it.
  [[nodiscard]] std::optional<double> total_joules(time_point now) const;

 private:
  void advance(time_point when);

  double longest_hold_seconds_;
  std::optional<time_point> clock_;
  std::optional<time_point> reading_time_;
  std::optional<double> watts_;
  std::optional<double> counter_;
  double joules_ = 0.0;       // of the board
  double joules_each_ = 0.0;  // of one task that had been in flight all the time
  std::uint64_t blind_ = 0;   // counts stretches without power while tasks were in flight
  struct open_task {
    double joules_each;
    std::uint64_t blind;
  };
  std::unordered_map<std::uint64_t, open_task> tasks_;
};

}  // namespace dvfo::device
