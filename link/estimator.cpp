#include "link/estimator.hpp"

#include <algorithm>
#include <cmath>

namespace dvfo::link {
namespace {

/// Seconds in which an estimate loses 63 % of its weight by age alone: a link half a minute ago says little of today's.
constexpr double memory_seconds = 10.0;
/// Bytes of the largest transfer that teaches the round trip: at 1 Mbit/s they take 2 ms.
constexpr std::uint64_t largest_small_transfer = 256;
/// Estimates above are as good as this: no edge link is faster, and a clock's tick would make them infinite.
constexpr double highest_bps = 10e9;

}  // namespace

void estimator::smoothed::take(double sample, double now, double least_weight) {
  const double weight = std::max(least_weight, 1.0 - std::exp(std::min(when - now, 0.0) / memory_seconds));
  value = value ? *value + weight * (sample - *value) : sample;
  when = now;
}

void estimator::observe(std::uint64_t bytes, double seconds, double when) {
  if (bytes == 0 || !(seconds > 0.0) || !std::isfinite(seconds)) return;
  if (bytes <= largest_small_transfer) return round_trip_.take(seconds, when, smoothing_);
  const double bits = 8.0 * static_cast<double>(bytes);
  auto& rtt = round_trip_.value;
  if (rtt && seconds <= *rtt) {
    // Faster than the round trip: the round trip is shorter than thought, and how long sending took is not known.
    rtt = std::max(seconds - bits * seconds_per_bit_.value.value_or(0.0), 0.0);
    return;
  }
  seconds_per_bit_.take((seconds - rtt.value_or(0.0)) / bits, when, smoothing_);
}

std::optional<double> estimator::bandwidth_bps() const {
  if (!seconds_per_bit_.value || *seconds_per_bit_.value <= 0.0) return std::nullopt;
  return std::min(1.0 / *seconds_per_bit_.value, highest_bps);
}

}  // namespace dvfo::link
