#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <unordered_map>

#include "device/sensors.hpp"

namespace dvfo::device {

/// Energy of a window = integral over time of measured power; energy of one task = its share of the window: at every
/// instant the board's power is divided equally among the tasks in flight (DVFO Eq. 10–12, waiting included). Between
/// readings the newest power is held. Plain bookkeeping: no clock, no file, no thread.
///
/// What no task had in flight is the board's own: idle_joules(). Tasks and idle together are the board's joules, also
/// after a correction, but for the part of it that would belong to tasks that had already ended.
class energy_account {
 public:
  /// A reading goes stale after `longest_hold_seconds` without another: then energy is absent, not extrapolated. More
  /// than `highest_watts` is no measurement.
  explicit energy_account(double longest_hold_seconds, double highest_watts = std::numeric_limits<double>::infinity());

  /// A power reading, instants not descending. A later reading with a counter corrects the integral since the last one
  /// with a counter, also over a stretch without power. A reading that failed (neither value) changes nothing: the
  /// newest power is held until it is stale. A counter that leaps beyond the highest power, or says by another
  /// `counted_since` that it began anew, tells nothing of the time since the last reading with a counter: that stretch
  /// is unmeasured.
  void on_power(time_point when, std::optional<double> watts, std::optional<double> total_joules,
                std::optional<time_point> counted_since = {});

  /// A task is in flight from `when` on. An id that is in flight already starts anew.
  void begin_task(std::uint64_t id, time_point when);

  /// Joules of the task up to `when`; absent if power was unknown during any part of it, or the id is not in flight.
  std::optional<double> end_task(std::uint64_t id, time_point when);

  /// Joules since the first reading; absent before it and while power is unknown. What passed unmeasured in between is
  /// not in it: see unmeasured_seconds().
  [[nodiscard]] std::optional<double> total_joules(time_point now) const;

  /// The part of total_joules() in which no task was in flight.
  [[nodiscard]] std::optional<double> idle_joules(time_point now) const;

  /// Time since the first reading that total_joules() does not cover, up to the last event.
  [[nodiscard]] double unmeasured_seconds() const { return ledger_.blind_seconds; }

 private:
  /// Running sums. Time and energy of "each" are those of one task that had been in flight all the time.
  struct ledger {
    double joules = 0.0;
    double idle_joules = 0.0;
    double joules_each = 0.0;
    double seconds = 0.0;
    double idle_seconds = 0.0;
    double seconds_each = 0.0;
    double blind_seconds = 0.0;
    std::uint64_t blind = 0;  // counts stretches without power while tasks were in flight
  };
  struct open_task {
    double joules_each;
    double seconds_each;
    std::uint64_t blind;
  };

  void advance(time_point when);
  [[nodiscard]] ledger at(time_point when) const;
  void correct(double measured_joules);
  void on_counter(double total_joules);
  void forget_stretch();

  double longest_hold_seconds_;
  double highest_watts_;
  std::optional<time_point> clock_;
  std::optional<time_point> reading_time_;
  std::optional<double> watts_;
  ledger ledger_;
  std::optional<double> counter_;
  std::optional<time_point> counted_since_;
  ledger at_counter_;  // the sums at the newest reading with a counter
  std::unordered_map<std::uint64_t, open_task> tasks_;
};

}  // namespace dvfo::device
