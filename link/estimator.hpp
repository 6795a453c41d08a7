#pragma once

#include <cstdint>
#include <limits>
#include <optional>

namespace dvfo::link {

/// Bandwidth and round trip of a link from acknowledged transfers: seconds = rtt + 8 · bytes / bandwidth. Small
/// transfers teach the round trip, larger ones the bandwidth; both are smoothed exponentially, the less so the longer
/// ago the last one was. The live sensor and the simulated worlds estimate by it. Plain bookkeeping, no clock.
class estimator {
 public:
  /// `smoothing`: weight of a new sample that follows the last at once, in (0, 1]; 1: the last sample is the truth.
  explicit estimator(double smoothing = usual_smoothing) : smoothing_(smoothing) {}

  /// One transfer, both ways together, that ended at `when` (seconds since anything). Ignored unless bytes and seconds
  /// are positive and finite.
  void observe(std::uint64_t bytes, double seconds, double when);

  /// Forgets everything: the link is another one.
  void reset() { *this = estimator(smoothing_); }

  /// Bits per second; absent until a transfer large enough was seen.
  [[nodiscard]] std::optional<double> bandwidth_bps() const;
  /// Seconds; absent until any transfer was seen.
  [[nodiscard]] std::optional<double> rtt_seconds() const { return round_trip_.value; }

 private:
  struct smoothed {
    std::optional<double> value;
    double when = -std::numeric_limits<double>::infinity();

    void take(double sample, double now, double least_weight);
  };

  /// Eight samples after a jump 94 % of it is seen.
  static constexpr double usual_smoothing = 0.3;
  double smoothing_;

  smoothed round_trip_;       // seconds
  smoothed seconds_per_bit_;  // times, not rates, are what a policy adds up: a short stall counts for what it costs
};

}  // namespace dvfo::link
