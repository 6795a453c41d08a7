#include "device/energy_counter.hpp"

#include <fmt/format.h>

#include <chrono>
#include <utility>

namespace dvfo::device {
namespace {

constexpr double micro = 1e-6;
constexpr double finest_seconds = 1e-3;  // the processor brings its counters up to date about every millisecond

/// The counter may have been read this much later than the instant that was given for it.
constexpr double latest_seconds = 0.1;

}  // namespace

double energy_counter::joules() const { return static_cast<double>(sum_) * micro; }

bool energy_counter::lose(time_point now, std::string reason) {
  watts_.reset();
  sum_at_watts_ = sum_;
  watts_time_ = now;
  ++breaks_;
  reason_ = std::move(reason);
  return false;
}

bool energy_counter::count(time_point now, std::int64_t microjoules) {
  const std::optional<std::int64_t> before = std::exchange(last_, microjoules);
  const double since_last = std::chrono::duration<double>(now - std::exchange(last_time_, now)).count();
  if (!before) {
    watts_time_ = now;
    return true;
  }
  const bool has_fallen = microjoules < *before;
  // Whether a fall is a wrap shows in what it would mean.
  const std::int64_t step = microjoules - *before + (has_fallen ? range_ : 0);
  const double flowed = static_cast<double>(step) * micro;
  if (step < 0 || flowed > highest_watts_ * (since_last + latest_seconds)) {
    const auto change = has_fallen ? fmt::format("fell from {} to {}, which is no wrap-around", *before, microjoules)
                                   : fmt::format("rose by {:.1f} J", flowed);
    return lose(
        now, fmt::format("{} in {:.3f} s: more than {:.0f} W cannot have flowed", change, since_last, highest_watts_));
  }
  sum_ += step;
  const double seconds = std::chrono::duration<double>(now - watts_time_).count();
  if (seconds < finest_seconds) return true;
  const double mean = static_cast<double>(sum_ - sum_at_watts_) * micro / seconds;
  // What was read late counts, but over a time that is not known well enough for a mean.
  watts_ = mean <= highest_watts_ ? std::optional(mean) : std::nullopt;
  sum_at_watts_ = sum_;
  watts_time_ = now;
  return true;
}

}  // namespace dvfo::device
