#include "actors/link_estimator.hpp"

#include <algorithm>
#include <cmath>

#include "actors/defaults.hpp"

namespace dvfo::actors {
namespace {

void smooth(std::optional<double>& estimate, double sample) {
  estimate = estimate ? *estimate + defaults::bandwidth::smoothing * (sample - *estimate) : sample;
}

}  // namespace

void link_estimator::observe(std::uint64_t bytes, double seconds) {
  if (bytes == 0 || !(seconds > 0.0) || !std::isfinite(seconds)) return;
  if (bytes <= defaults::bandwidth::largest_small_transfer) {
    smooth(rtt_seconds_, seconds);
    return;
  }
  const double bits = 8.0 * static_cast<double>(bytes);
  const double sending = seconds_per_bit_ ? bits * *seconds_per_bit_ : 0.0;
  if (rtt_seconds_ && seconds <= *rtt_seconds_) {
    // Faster than the round trip: the round trip is shorter than thought, and how long sending took is not known.
    rtt_seconds_ = std::max(seconds - sending, 0.0);
    return;
  }
  // Smoothed as time per bit, not as bits per time: it is times that a policy adds up, and a short stall then counts
  // for what it costs.
  smooth(seconds_per_bit_, (seconds - rtt_seconds_.value_or(0.0)) / bits);
}

std::optional<double> link_estimator::bandwidth_bps() const {
  if (!seconds_per_bit_ || *seconds_per_bit_ <= 0.0) return std::nullopt;
  return std::min(1.0 / *seconds_per_bit_, defaults::bandwidth::highest_bps);
}

}  // namespace dvfo::actors
