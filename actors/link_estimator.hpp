#pragma once

#include <cstdint>
#include <optional>

namespace dvfo::actors {

/// Bandwidth and round trip of a link from acknowledged transfers: seconds = rtt + 8 · bytes / bandwidth. Small
/// transfers teach the round trip, larger ones the bandwidth; both are smoothed. Plain bookkeeping, no clock.
class link_estimator {
 public:
  /// One transfer, both ways together. Ignored unless bytes and seconds are positive and finite.
  void observe(std::uint64_t bytes, double seconds);

  /// Forgets everything: the link is another one.
  void reset() { *this = {}; }

  /// Bits per second; absent until a transfer large enough was seen.
  [[nodiscard]] std::optional<double> bandwidth_bps() const;
  /// Seconds; absent until any transfer was seen.
  [[nodiscard]] std::optional<double> rtt_seconds() const { return rtt_seconds_; }

 private:
  std::optional<double> rtt_seconds_;
  std::optional<double> seconds_per_bit_;
};

}  // namespace dvfo::actors
