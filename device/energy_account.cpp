#include "device/energy_account.hpp"

#include <algorithm>

namespace dvfo::device {
namespace {

/// As energy_counter: a counter may have been read this much later than the instant that was given for it.
constexpr double latest_seconds = 0.1;

double seconds_between(time_point from, time_point to) { return std::chrono::duration<double>(to - from).count(); }

}  // namespace

energy_account::energy_account(double longest_hold_seconds, double highest_watts)
    : longest_hold_seconds_(longest_hold_seconds), highest_watts_(highest_watts) {}

/// The sums at a later instant, the newest power held until it is stale.
energy_account::ledger energy_account::at(time_point when) const {
  ledger sums = ledger_;
  if (!clock_ || when <= *clock_) return sums;
  const double seconds = seconds_between(*clock_, when);
  double lit = 0.0;
  if (watts_) {
    const double left = longest_hold_seconds_ - seconds_between(*reading_time_, *clock_);
    lit = std::clamp(left, 0.0, seconds);
  }
  const double joules = watts_.value_or(0.0) * lit;
  const auto tasks = static_cast<double>(tasks_.size());
  sums.joules += joules;
  sums.seconds += seconds;
  if (tasks_.empty()) {
    sums.idle_joules += joules;
    sums.idle_seconds += seconds;
  } else {
    sums.joules_each += joules / tasks;
    sums.seconds_each += seconds / tasks;
  }
  if (lit < seconds) {
    if (reading_time_) sums.blind_seconds += seconds - lit;
    if (!tasks_.empty()) ++sums.blind;
  }
  return sums;
}

void energy_account::advance(time_point when) {
  ledger_ = at(when);
  if (!clock_ || when > *clock_) clock_ = when;
}

/// The counter says what really flowed since its last reading: the power of that stretch is scaled to it, or taken as
/// constant where a part of it was blind. Tasks in flight get their shares of the correction.
void energy_account::correct(double measured_joules) {
  const ledger& from = at_counter_;
  const double seconds = ledger_.seconds - from.seconds;
  const double integrated = ledger_.joules - from.joules;
  if (seconds <= 0.0) return;
  const bool was_blind = ledger_.blind_seconds > from.blind_seconds || integrated <= 0.0;
  const double scale = was_blind ? 0.0 : measured_joules / integrated;
  const double watts = was_blind ? measured_joules / seconds : 0.0;
  const auto joules_each = [&](double joules, double time) {
    return from.joules_each + scale * (joules - from.joules_each) + watts * (time - from.seconds_each);
  };
  for (auto& [id, task] : tasks_) {
    if (task.seconds_each > from.seconds_each) {
      task.joules_each = joules_each(task.joules_each, task.seconds_each);
    }
    task.blind = std::min(task.blind, from.blind);
  }
  ledger_.joules_each = joules_each(ledger_.joules_each, ledger_.seconds_each);
  ledger_.idle_joules = from.idle_joules + scale * (ledger_.idle_joules - from.idle_joules) +
                        watts * (ledger_.idle_seconds - from.idle_seconds);
  ledger_.joules = from.joules + measured_joules;
  ledger_.blind = from.blind;
  ledger_.blind_seconds = from.blind_seconds;
}

/// What flowed since the counter's last reading is not known, so it is not counted: neither the power that was held
/// over it nor the counter's leap. Tasks in flight have lost a part of their energy.
void energy_account::forget_stretch() {
  const ledger& from = at_counter_;
  ledger_.joules = from.joules;
  ledger_.idle_joules = from.idle_joules;
  ledger_.joules_each = from.joules_each;
  ledger_.blind_seconds = from.blind_seconds + ledger_.seconds - from.seconds;
  ++ledger_.blind;
}

void energy_account::on_counter(double total_joules) {
  if (counter_ && total_joules >= *counter_) {
    const double flowed = total_joules - *counter_;
    const double seconds = ledger_.seconds - at_counter_.seconds + latest_seconds;
    if (flowed > highest_watts_ * seconds) {
      forget_stretch();
    } else {
      correct(flowed);
    }
  }
  counter_ = total_joules;
  at_counter_ = ledger_;
}

void energy_account::on_power(time_point when, std::optional<double> watts, std::optional<double> total_joules,
                              std::optional<time_point> counted_since) {
  advance(when);
  if (watts && *watts > highest_watts_) watts.reset();
  if (counted_since && counted_since_ && *counted_since != *counted_since_ && counter_) {
    forget_stretch();
    counter_.reset();
    at_counter_ = ledger_;
    if (!total_joules) counter_ = 0.0;  // the new counter begins with this reading
  }
  if (counted_since) counted_since_ = counted_since;
  if (total_joules) on_counter(*total_joules);
  if (!watts) return;
  watts_ = watts;
  reading_time_ = clock_;
}

void energy_account::begin_task(std::uint64_t id, time_point when) {
  advance(when);
  tasks_.insert_or_assign(id, open_task{ledger_.joules_each, ledger_.seconds_each, ledger_.blind});
}

std::optional<double> energy_account::end_task(std::uint64_t id, time_point when) {
  advance(when);
  const auto found = tasks_.find(id);
  if (found == tasks_.end()) return std::nullopt;
  const open_task task = found->second;
  tasks_.erase(found);
  if (!watts_ || task.blind != ledger_.blind) return std::nullopt;
  return ledger_.joules_each - task.joules_each;
}

std::optional<double> energy_account::total_joules(time_point now) const {
  if (!watts_ || seconds_between(*reading_time_, now) > longest_hold_seconds_) return std::nullopt;
  return at(now).joules;
}

std::optional<double> energy_account::idle_joules(time_point now) const {
  if (!total_joules(now)) return std::nullopt;
  return at(now).idle_joules;
}

}  // namespace dvfo::device
