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
  if (is_stuck_) stuck_at_hz_ = effective_hz();
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
    say_(fmt::format("a part of the {} clock keeps its old frequency: {}", to_string(which_),
                     describe(worst.file, worst.fault, worst.found)));
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
    found_.capability.reason = describe(failure.file, failure.fault, failure.found);
    found_.capability.remedy = permission_remedy;
  }
  fail(describe(failure.file, failure.fault, failure.found));
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
  return is_settled() && std::all_of(targets_.begin(), targets_.end(),
                                     [&](const target& one) { return past >= one.unit->proof_time(); });
}

bool knob_control::is_settled() const {
  return std::all_of(targets_.begin(), targets_.end(), [this](const target& one) { return is_settled(one); });
}

bool knob_control::is_settled(const target& one) const {
  if (!one.unit->is_pinned(one.limit)) return false;
  // PCs report what a core did lately, idle included, not what it is held at.
  if (board_.profile->chip == soc::other) return true;
  const auto clock = one.unit->current_hz();
  return !clock || is_at_point(one.unit->points(), *clock, one.limit);
}

std::optional<double> knob_control::effective_hz(const target& one) const {
  const std::optional<double> held = one.unit->held_hz();
  if (is_settled(one) || board_.profile->chip == soc::other) return held;
  const auto clock = one.unit->current_hz();
  return clock ? clock.value : held;
}

std::optional<double> knob_control::effective_hz() const {
  std::optional<double> highest;
  for (const target& one : targets_) {
    if (const auto hz = effective_hz(one)) highest = std::max(*hz, highest.value_or(0.0));
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
  result.effective_hz = is_retry ? stuck_at_hz_ : effective_hz();
  was_stuck_ = is_retry || !is_settled();
  const bool is_capped =
      std::any_of(targets_.begin(), targets_.end(), [](const target& one) { return one.limit < one.goal; });
  const bool is_as_asked = result.effective_hz && std::abs(*result.effective_hz - asked_hz_) <= exact_within_hz;
  result.status = was_stuck_ || is_capped ? apply_status::clamped
                  : is_as_asked           ? apply_status::exact
                                          : apply_status::snapped;
  if (was_stuck_ && result.effective_hz) say_clamped(*result.effective_hz);
  return result;
}

void knob_control::say_clamped(double hz) {
  if (hz < asked_hz_) found_.capability.cap_hz = hz;
  if (clamp_is_said_) return;
  clamp_is_said_ = true;
  say_(fmt::format(
      "the {} clock was ordered to {:.1f} MHz but reads {:.1f} MHz: the kernel, its firmware or another "
      "client holds {}; it is ordered again each time, and this is said once",
      to_string(which_), megahertz_of(asked_hz_), megahertz_of(hz), targets_.size() > 1 ? "it or a part of it" : "it"));
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
