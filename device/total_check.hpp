#pragma once

#include <cstdint>
#include <optional>

#include "device/sensors.hpp"

namespace dvfo::device {

/// Judges a sensor that is said to carry the whole board by the parts that it carries: a total that gives less than
/// they do together is none. Some machines have such a sensor without its ever counting, on others its scale is wrong.
/// Plain bookkeeping: no clock, no file, no thread.
class total_check {
 public:
  enum class verdict : std::uint8_t {
    plausible,  ///< at least what the parts give, as far as this stretch goes
    doubtful,   ///< less so far; it may still be the delay between two sensors
    refuted,    ///< less for longer than any delay: it is not the total
  };

  /// `soonest_seconds`: how long a total that never was plausible may give less than half of its parts until it is
  /// refuted. Short for counters, of which every difference is a mean; longer for samples, which are not taken at one
  /// instant.
  explicit total_check(double soonest_seconds) : soonest_(soonest_seconds) {}

  /// Joules of both since any instant, the same from call to call.
  verdict on_joules(time_point now, double total, double parts);

  /// Watts of both now; they are held until the next, for a second at most.
  verdict on_watts(time_point now, double total, double parts);

  /// Starts a new stretch with the next call: joules were lost meanwhile.
  void restart();

  /// What on_joules() was given when it was plausible last, or first.
  [[nodiscard]] double total_at_start() const { return good_.total; }
  [[nodiscard]] double parts_at_start() const { return good_.parts; }

 private:
  struct sums {
    double seconds = 0.0;
    double total = 0.0;
    double parts = 0.0;
  };
  [[nodiscard]] verdict judge(const sums& now);

  double soonest_;
  std::optional<sums> start_;  // of the stretch in progress
  sums good_;                  // at the end of the newest stretch that was plausible
  int lacking_ = 0;            // stretches in a row that were not
  bool is_proven_ = false;
  std::optional<time_point> last_;
  sums watts_;     // on_watts: the newest
  sums integral_;  // joules of both, over the time that was measured
};

}  // namespace dvfo::device
