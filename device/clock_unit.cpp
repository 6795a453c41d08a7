#include "device/clock_unit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace dvfo::device {
namespace {

constexpr double rounding = 1e-3;  // kernels round to kHz, BPMP to the divider's steps

bool is_same(double a, double b) { return std::abs(a - b) <= rounding * std::max(a, b); }

}  // namespace

std::vector<double> as_points(const std::vector<std::int64_t>& numbers, double unit_hz) {
  std::vector<double> points;
  for (const std::int64_t number : numbers) {
    if (number > 0) points.push_back(static_cast<double>(number) * unit_hz);
  }
  std::sort(points.begin(), points.end());
  points.erase(std::unique(points.begin(), points.end()), points.end());
  return points;
}

std::vector<double> points_within(const std::vector<double>& points, double low, double high) {
  std::vector<double> kept;
  std::copy_if(points.begin(), points.end(), std::back_inserter(kept),
               [&](double hz) { return hz >= low * (1.0 - rounding) && hz <= high * (1.0 + rounding); });
  return kept;
}

bool is_at_point(const std::vector<double>& points, double measured, double point) {
  return is_same(measured, point) || nearest_point(points, measured) == point;
}

file_failure clock_unit::write(const std::string& file, std::int64_t value) const {
  return {write_text(at(file), std::to_string(value)), at(file), {}};
}

file_failure clock_unit::save(const std::string& file, std::vector<saved_write>& writes) const {
  const reading<std::int64_t> value = read_integer(at(file));
  if (!value) return {value.fault, at(file), value.found};
  writes.push_back({file, *value});
  return {};
}

file_failure clock_unit::check_writable(const std::string& file) const {
  std::error_code hidden;  // set where a folder above may not be entered
  if (!std::filesystem::exists(at(file), hidden)) {
    return {hidden ? file_fault::no_permission : file_fault::missing, at(file), {}};
  }
  if (!is_writable(at(file))) return {file_fault::no_permission, at(file), {}};
  return {};
}

range_unit::range_unit(std::filesystem::path root, std::string name, std::vector<double> points, files where)
    : clock_unit(std::move(root), std::move(name), std::move(points)), files_(std::move(where)) {
  range_unit::adopt_limits();
}

void range_unit::adopt_limits() {
  cap_hz_.reset();
  for (const std::string& file : {files_.max, files_.firm_limit}) {
    if (file.empty()) continue;
    const reading<std::int64_t> limit = read_integer(at(file));
    if (!limit || *limit <= 0) continue;
    const double hz = static_cast<double>(*limit) * files_.unit_hz;
    if (hz < points().back() && !is_same(hz, points().back())) cap_hz_ = std::min(hz, cap_hz_.value_or(hz));
  }
}

reading<double> range_unit::current_hz() const {
  const reading<std::int64_t> clock = read_integer(at(files_.current));
  if (!clock) return {std::nullopt, clock.fault, clock.found};
  return {static_cast<double>(*clock) * files_.unit_hz, file_fault::none, {}};
}

bool range_unit::is_pinned(double hz) const {
  const reading<std::int64_t> min = read_integer(at(files_.min));
  const reading<std::int64_t> max = read_integer(at(files_.max));
  return min && max && *min == *max && is_at_point(points(), static_cast<double>(*max) * files_.unit_hz, hz) &&
         is_powered();
}

std::optional<double> range_unit::held_hz() const {
  const reading<std::int64_t> max = read_integer(at(files_.max));
  if (!max) return std::nullopt;
  return static_cast<double>(*max) * files_.unit_hz;
}

file_failure range_unit::pin(double hz) {
  if (!is_powered()) {
    if (file_failure failure = write(files_.railgate, 0)) return failure;
  }
  // min ≤ max at every step, wherever the two stood: a wrong order is refused by some kernels and clipped by others.
  if (file_failure failure = write(files_.min, number(points().front()))) return failure;
  if (file_failure failure = write(files_.max, number(hz))) return failure;
  return write(files_.min, number(hz));
}

file_failure range_unit::snapshot(std::vector<saved_write>& writes) const {
  std::vector<saved_write> found;
  for (const std::string& file : {files_.min, files_.max, files_.railgate}) {
    if (file.empty()) continue;
    if (file_failure failure = save(file, found)) return failure;
  }
  writes.push_back({files_.min, number(points().front())});
  writes.push_back(found[1]);
  writes.push_back(found[0]);
  if (found.size() > 2) writes.push_back(found[2]);
  return {};
}

std::vector<saved_write> range_unit::rewritten(double hz) const {
  std::vector<saved_write> changed;
  for (const std::string& file : {files_.min, files_.max}) {
    const reading<std::int64_t> limit = read_integer(at(file));
    if (limit && *limit != number(hz)) changed.push_back({file, *limit});
  }
  return changed;
}

file_failure range_unit::forbidden() const {
  for (const std::string& file : {files_.min, files_.max, files_.railgate}) {
    if (file.empty()) continue;
    if (file_failure failure = check_writable(file)) return failure;
  }
  return {};
}

std::int64_t range_unit::number(double hz) const { return std::llround(hz / files_.unit_hz); }

bool range_unit::is_powered() const {
  if (files_.railgate.empty()) return true;
  const reading<std::int64_t> gate = read_integer(at(files_.railgate));
  return !gate || *gate == 0;  // an unreadable switch is no reason to give up the clock
}

void describe_units(found_knob& found) {
  knob_capability& capability = found.capability;
  capability.points.clear();
  capability.cap_hz.reset();
  capability.is_present = !found.units.empty();
  capability.is_writable = capability.is_present;
  if (found.units.empty()) return;
  capability.reason.clear();
  capability.remedy.clear();
  double reach = 0.0;
  for (const auto& unit : found.units) {
    // Clusters with different tables: the one that goes furthest stands for all, the others take their nearest point.
    if (capability.points.empty() || unit->points().back() > capability.points.back()) {
      capability.points = unit->points();
    }
    reach = std::max(reach, std::min(unit->points().back(), unit->cap_hz().value_or(unit->points().back())));
    if (const file_failure failure = unit->forbidden()) {
      capability.is_writable = false;
      capability.reason = describe(failure);
      capability.remedy = permission_remedy;
    }
  }
  if (reach < capability.points.back()) capability.cap_hz = reach;
}

}  // namespace dvfo::device
