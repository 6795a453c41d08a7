#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "device/sensors.hpp"

namespace dvfo::device {

/// Makes a sum of joules out of a counter of microjoules that wraps around, is set back (sleep, another driver) and
/// leaps (a garbled reading, the sum of a sleep that no clock saw). What the counter cannot have counted since the
/// reading before is unknown: it is not in the sum. Plain bookkeeping: no clock, no file, no thread.
class energy_counter {
 public:
  /// `range_microjoules`: the number that the counter never reaches, 0 if not known. `highest_watts`: more than that
  /// cannot have flowed.
  energy_counter(std::int64_t range_microjoules, double highest_watts)
      : range_(range_microjoules), highest_watts_(highest_watts) {}

  /// A reading. False if it tells nothing of the time since the one before; the next one counts from here.
  bool count(time_point now, std::int64_t microjoules);

  /// Since the first reading, but for what is unknown.
  [[nodiscard]] double joules() const;

  /// Mean since the reading before, or the last one known if that was less than a millisecond ago: the processor does
  /// not count finer. Absent at the first reading and after an unknown stretch.
  [[nodiscard]] std::optional<double> watts() const { return watts_; }

  /// How many stretches are unknown.
  [[nodiscard]] std::uint64_t breaks() const { return breaks_; }

  /// Why the newest one is, as a sentence about the counter: "rose by 3600.0 J in 1.000 s, more than the 260 W …".
  [[nodiscard]] const std::string& reason() const { return reason_; }

 private:
  bool lose(time_point now, std::string reason);

  std::int64_t range_;
  double highest_watts_;
  std::optional<std::int64_t> last_;
  time_point last_time_;
  std::int64_t sum_ = 0;
  std::int64_t sum_at_watts_ = 0;
  time_point watts_time_;
  std::optional<double> watts_;
  std::uint64_t breaks_ = 0;
  std::string reason_;
};

}  // namespace dvfo::device
