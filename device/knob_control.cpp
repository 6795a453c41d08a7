#include "device/knob_control.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace dvfo::device {
namespace {

constexpr int most_failures = 3;
constexpr double exact_within_hz = 1e3;  // the kernel's unit for CPU clocks

found_knob find(knob which, const board_identity& board) {
  if (which == knob::cpu) return find_cpu(board);
  return which == knob::gpu ? find_gpu(board) : find_memory(board);
}

double highest_point_below(const std::vector<double>& points, std::optional<double> cap) {
  if (!cap) return points.back();
  const std::vector<double> allowed = points_within(points, 0.0, *cap);
  return allowed.empty() ? points.front() : allowed.back();
}

double megahertz_of(double hz) { return hz / 1e6; }

}  // namespace

knob_control::knob_control(knob which, const board_identity& board, saved_state& saved, notice_once say)
    : which_(which), board_(board), saved_(saved), say_(std::move(say)), found_(find(which, board)) {}

std::optional<double> knob_control::current_hz() const {
  std::optional<double> highest;
  for (const auto& unit : found_.units) {
    if (const auto clock = unit->current_hz()) highest = std::max(*clock, highest.value_or(0.0));
  }
  return highest;
}

void knob_control::begin(double hz) {
  if (was_stuck_) say_if_clamped();
  is_stuck_ = was_stuck_ && hz == asked_hz_;
  asked_hz_ = hz;
  targets_.clear();
  has_written_ = has_failed_ = false;
  if (!found_.capability.is_present) return;
  if (!found_.capability.is_writable) {
    has_failed_ = true;
    if (failures_ == 0) {
      say_(fmt::format("the {} clock cannot be set: {}; {}", to_string(which_), found_.capability.reason,
                       found_.capability.remedy));
    }
    return;
  }
  refresh();
  targets_ = aim(hz);
  std::vector<target> wrong = targets_;
  std::erase_if(wrong, [](const target& one) { return one.unit->is_pinned(one.limit); });
  if (!save(wrong)) return;
  if (is_stuck_) stuck_at_hz_ = highest_of(look_at_all());
  file_failure worst;
  for (const target& one : wrong) {
    has_written_ = true;
    if (const file_failure failure = one.unit->pin(one.limit)) {
      worst = failure;
      std::erase_if(targets_, [&](const target& other) { return other.unit == one.unit; });
    } else {
      pinned_[one.unit->name()] = one.limit;
    }
  }
  if (targets_.empty()) return fail(worst);
  // Cores that went offline meanwhile have no clock; any other failure of a part is said.
  if (worst && worst.fault != file_fault::missing && worst.fault != file_fault::vanished) {
    say_(fmt::format("a part of the {} clock keeps its old frequency: {}", to_string(which_), describe(worst)));
  }
  failures_ = 0;
}

std::vector<knob_control::target> knob_control::aim(double hz) {
  std::vector<target> targets;
  double reach = 0.0;
  for (const auto& unit : found_.units) {
    const double goal = nearest_point(unit->points(), hz);
    const double highest = highest_point_below(unit->points(), unit->cap_hz());
    targets.push_back({unit.get(), goal, std::min(goal, highest)});
    reach = std::max(reach, highest);
  }
  knob_capability& capability = found_.capability;
  capability.cap_hz = reach < capability.points.back() ? std::optional<double>(reach) : std::nullopt;
  return targets;
}

bool knob_control::save(const std::vector<target>& targets) {
  for (const target& one : targets) {
    if (pinned_.contains(one.unit->name())) continue;
    std::vector<saved_write> writes;
    if (const file_failure failure = one.unit->snapshot(writes)) {
      // What cannot be put back is not changed.
      fail(failure);
      return false;
    }
    saved_.keep(writes);
  }
  if (const std::string problem = saved_.flush(); !problem.empty()) {
    fail(problem);
    return false;
  }
  return true;
}

void knob_control::refresh() {
  if (which_ != knob::cpu) return;
  std::vector<std::string> names;
  std::transform(found_.units.begin(), found_.units.end(), std::back_inserter(names),
                 [](const auto& unit) { return unit->name(); });
  const std::vector<std::string> online = online_policies(board_);
  if (online == names || online.empty()) return;
  found_knob fresh = find_cpu(board_);
  if (fresh.units.empty()) return;
  for (auto& unit : fresh.units) {
    // Known ones stay: their cap was read before we pinned them.
    for (auto& known : found_.units) {
      if (known && known->name() == unit->name()) unit = std::move(known);
    }
  }
  describe_units(fresh);
  found_ = std::move(fresh);
}

void knob_control::fail(const file_failure& failure) {
  if (failure.fault == file_fault::no_permission) {
    found_.capability.is_writable = false;
    found_.capability.reason = describe(failure);
    found_.capability.remedy = permission_remedy;
  }
  fail(describe(failure));
}

void knob_control::fail(const std::string& why) {
  has_failed_ = true;
  say_(fmt::format("the {} clock keeps its old frequency: {}; after {} such orders in a row the knob is given up",
                   to_string(which_), why, most_failures));
  if (++failures_ < most_failures) return;
  targets_.clear();
  found_.units.clear();
  knob_capability& capability = found_.capability;
  capability.is_present = capability.is_writable = false;
  capability.points.clear();
  capability.cap_hz.reset();
  capability.reason = why;
  capability.remedy = "mend the cause and start again";
}

bool knob_control::is_settled_after(std::chrono::nanoseconds past) const {
  return std::all_of(targets_.begin(), targets_.end(),
                     [&](const target& one) { return past >= one.unit->proof_time() && look_at(one).is_settled; });
}

knob_control::look knob_control::look_at(const target& one) const {
  look unit{&one, one.unit->is_pinned(one.limit), one.unit->held_hz(), false};
  // PCs report what a core did lately, idle included, not what it is held at.
  if (board_.profile->chip == soc::other) {
    unit.is_settled = unit.is_pinned;
    return unit;
  }
  const auto clock = one.unit->current_hz();
  const bool is_at_limit = !clock || is_at_point(one.unit->points(), *clock, one.limit);
  unit.is_settled = unit.is_pinned && is_at_limit;
  if (clock && !unit.is_settled) unit.hz = clock.value;
  return unit;
}

std::vector<knob_control::look> knob_control::look_at_all() const {
  std::vector<look> units;
  for (const target& one : targets_) units.push_back(look_at(one));
  return units;
}

std::optional<double> knob_control::highest_of(const std::vector<look>& units) {
  std::optional<double> highest;
  for (const look& one : units) {
    if (one.hz) highest = std::max(*one.hz, highest.value_or(0.0));
  }
  return highest;
}

applied_knob knob_control::finish(double settle_seconds) {
  applied_knob result;
  result.asked_hz = asked_hz_;
  if (has_failed_) {
    result.status = apply_status::refused;
    result.effective_hz = current_hz();
    return result;
  }
  if (targets_.empty()) return result;
  result.settle_seconds = settle_seconds;
  // Tried again without waiting: whether it works this time is seen by the next order.
  const bool is_retry = is_stuck_ && has_written_;
  const std::vector<look> units = look_at_all();
  const bool is_late = std::any_of(units.begin(), units.end(), [](const look& one) { return !one.is_settled; });
  result.effective_hz = is_retry ? stuck_at_hz_ : highest_of(units);
  was_stuck_ = is_retry || is_late;
  const bool is_capped =
      std::any_of(targets_.begin(), targets_.end(), [](const target& one) { return one.limit < one.goal; });
  const bool is_as_asked = result.effective_hz && std::abs(*result.effective_hz - asked_hz_) <= exact_within_hz;
  result.status = was_stuck_ || is_capped ? apply_status::clamped
                  : is_as_asked           ? apply_status::exact
                                          : apply_status::snapped;
  if (was_stuck_ && result.effective_hz && *result.effective_hz < asked_hz_) {
    found_.capability.cap_hz = result.effective_hz;
  }
  return result;
}

/// Only what the time until the next order did not bring about is held by somebody; on a busy machine a clock may come
/// late. The unit that stands elsewhere is named: the highest of several may be where it was ordered.
void knob_control::say_if_clamped() {
  if (clamp_is_said_) return;
  const std::vector<look> units = look_at_all();
  const auto held = std::find_if(units.begin(), units.end(), [](const look& one) { return !one.is_settled && one.hz; });
  if (held == units.end()) return;
  clamp_is_said_ = true;
  const look& unit = *held;
  const clock_unit& which = *unit.at->unit;
  const std::string name = targets_.size() > 1 ? fmt::format("{} clock ({})", to_string(which_), which.name())
                                               : fmt::format("{} clock", to_string(which_));
  // A clock may stand where it was ordered and yet not be held there.
  const std::string found = is_at_point(which.points(), *unit.hz, unit.at->limit)
                                ? "and runs so, but its limits do not hold it there"
                                : fmt::format("but reads {:.1f} MHz", megahertz_of(*unit.hz));
  say_(
      fmt::format("the {} was ordered to {:.1f} MHz {}: the kernel, its firmware or another client has set it; it "
                  "is ordered again each time, and this is said once",
                  name, megahertz_of(unit.at->limit), found));
}

void knob_control::adopt_power_mode() {
  for (const auto& unit : found_.units) {
    const auto pinned = pinned_.find(unit->name());
    if (pinned == pinned_.end()) {
      unit->adopt_limits();
      continue;
    }
    const std::vector<saved_write> changed = unit->rewritten(pinned->second);
    if (changed.empty()) continue;
    for (const saved_write& limit : changed) saved_.correct(limit);
    unit->adopt_limits();
  }
}

}  // namespace dvfo::device
