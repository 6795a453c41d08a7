#include "device/total_check.hpp"

#include <algorithm>
#include <chrono>

namespace dvfo::device {
namespace {

/// A total this much below its parts may still be one: two sensors, each with its own error.
constexpr double tolerance = 0.1;

/// Less than this share of the parts is no error of measurement.
constexpr double gross = 0.5;

/// A total may lag behind its parts, as an embedded controller's does that is asked once a second: what it lacks at the
/// end of one stretch it shows in the next, so that two in a row are no delay.
constexpr double stretch_seconds = 5.0;
constexpr int most_lacking = 2;

/// One that has not moved since the beginning is given this long to start.
constexpr double still_seconds = 2.0;

/// A sample says nothing about what comes long after it.
constexpr double longest_hold_seconds = 1.0;

double seconds_between(const std::optional<time_point>& from, time_point to) {
  return from ? std::chrono::duration<double>(to - *from).count() : 0.0;
}

}  // namespace

total_check::verdict total_check::judge(const sums& now) {
  if (!start_) good_ = *(start_ = now);
  const double seconds = now.seconds - start_->seconds;
  const double total = now.total - start_->total;
  const double parts = now.parts - start_->parts;
  const bool is_plausible = total >= (1.0 - tolerance) * parts;
  if (!is_plausible && !is_proven_ && total < gross * parts) {
    if (seconds >= (total <= 0.0 ? still_seconds : soonest_)) return verdict::refuted;
  }
  if (seconds >= stretch_seconds) {
    start_ = now;
    lacking_ = is_plausible ? 0 : lacking_ + 1;
    is_proven_ = is_proven_ || is_plausible;
    if (is_plausible) good_ = now;
    if (lacking_ >= most_lacking) return verdict::refuted;
  }
  return is_plausible || is_proven_ ? verdict::plausible : verdict::doubtful;
}

total_check::verdict total_check::on_joules(time_point now, double total, double parts) {
  integral_ = {integral_.seconds + seconds_between(last_, now), total, parts};
  last_ = now;
  return judge(integral_);
}

total_check::verdict total_check::on_watts(time_point now, double total, double parts) {
  const double seconds = std::min(seconds_between(last_, now), longest_hold_seconds);
  integral_.seconds += seconds;
  integral_.total += seconds * watts_.total;
  integral_.parts += seconds * watts_.parts;
  watts_ = {0.0, total, parts};
  last_ = now;
  const verdict so_far = judge(integral_);
  // The newest sample is not in the integral yet.
  return so_far == verdict::plausible && total < gross * parts ? verdict::doubtful : so_far;
}

void total_check::restart() {
  start_.reset();
  lacking_ = 0;
}

}  // namespace dvfo::device
