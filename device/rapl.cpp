// The whole board by the kernel's powercap tree: psys where it counts what it should, else the packages.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "device/power_meter.hpp"
#include "device/rapl_zone.hpp"
#include "device/total_check.hpp"

namespace dvfo::device {
namespace {

constexpr double update_seconds = 1e-3;  // the processor brings the counters up to date about every millisecond

/// Counters of one instant: only the delay of the slowest of them is to be borne.
constexpr double refuted_after_seconds = 0.5;

struct energy {
  double joules = 0.0;
  std::optional<double> watts;
};

/// By zone; absent where one was not read or gave nothing.
using zone_readings = std::vector<std::optional<rail_reading>>;

/// Energy that some zones count (of psys, of a package) as long as they count no less than the parts of it do; from
/// then on the sum of the parts.
class counted_energy {
 public:
  counted_energy(std::vector<std::size_t> zones, std::vector<counted_energy> parts)
      : zones_(std::move(zones)), parts_(std::move(parts)), uses_parts_(zones_.empty()) {}

  /// Absent where a zone that it needs gave nothing, and while it is not clear whether it is a total.
  std::optional<energy> read(time_point now, const zone_readings& readings);

  /// Joules by the zones' newest sums.
  [[nodiscard]] double joules(const std::vector<rapl_zone>& zones) const;

  /// The zones whose sum it is now.
  void append_used(std::vector<std::size_t>& to) const;

  /// Why zones are no total, by zone.
  void append_refuted(std::map<std::size_t, std::string>& to) const;

  /// Some zone lost energy that another may have counted.
  void restart_checks();

 private:
  std::optional<energy> read_parts(time_point now, const zone_readings& readings);
  [[nodiscard]] std::optional<energy> own(const zone_readings& readings) const;

  std::vector<std::size_t> zones_;
  std::vector<counted_energy> parts_;
  bool uses_parts_;
  double offset_ = 0.0;  // keeps the sum in one piece when the parts take over
  total_check check_{refuted_after_seconds};
  std::string refuted_;
};

void add(const energy& one, energy& to) {
  to.joules += one.joules;
  to.watts = to.watts && one.watts ? std::optional(*to.watts + *one.watts) : std::nullopt;
}

std::optional<energy> counted_energy::own(const zone_readings& readings) const {
  energy sum{0.0, 0.0};
  for (const std::size_t zone : zones_) {
    if (!readings[zone]) return std::nullopt;
    add({*readings[zone]->energy_joules, readings[zone]->watts}, sum);
  }
  return sum;
}

std::optional<energy> counted_energy::read_parts(time_point now, const zone_readings& readings) {
  energy sum{offset_, 0.0};
  bool is_complete = !parts_.empty();
  for (counted_energy& part : parts_) {
    const auto one = part.read(now, readings);
    is_complete = is_complete && one;
    if (one) add(*one, sum);
  }
  return is_complete ? std::optional(sum) : std::nullopt;
}

std::optional<energy> counted_energy::read(time_point now, const zone_readings& readings) {
  auto parts = read_parts(now, readings);
  if (uses_parts_) return parts;
  const auto whole = own(readings);
  if (!whole || !parts) return whole;
  switch (check_.on_joules(now, whole->joules, parts->joules)) {
    case total_check::verdict::plausible:
      return whole;
    case total_check::verdict::doubtful:
      return std::nullopt;
    case total_check::verdict::refuted:
      break;
  }
  uses_parts_ = true;
  offset_ = check_.total_at_start() - check_.parts_at_start();
  refuted_ = fmt::format("it counted {:.1f} J where its parts counted {:.1f} J: their sum is taken instead",
                         whole->joules - check_.total_at_start(), parts->joules - check_.parts_at_start());
  parts->joules += offset_;
  return parts;
}

double counted_energy::joules(const std::vector<rapl_zone>& zones) const {
  double sum = uses_parts_ ? offset_ : 0.0;
  if (uses_parts_) {
    for (const counted_energy& part : parts_) sum += part.joules(zones);
  } else {
    for (const std::size_t zone : zones_) sum += zones[zone].joules();
  }
  return sum;
}

void counted_energy::append_used(std::vector<std::size_t>& to) const {
  if (!uses_parts_) to.insert(to.end(), zones_.begin(), zones_.end());
  if (!uses_parts_) return;
  for (const counted_energy& part : parts_) part.append_used(to);
}

void counted_energy::append_refuted(std::map<std::size_t, std::string>& to) const {
  for (const std::size_t zone : zones_) {
    if (!refuted_.empty()) to[zone] = refuted_;
  }
  for (const counted_energy& part : parts_) part.append_refuted(to);
}

void counted_energy::restart_checks() {
  check_.restart();
  for (counted_energy& part : parts_) part.restart_checks();
}

/// psys of the packages, each of its cores and the like.
counted_energy whole_board(const std::vector<rapl_zone>& zones) {
  std::vector<std::size_t> psys;
  std::vector<counted_energy> packages;
  for (std::size_t i = 0; i < zones.size(); ++i) {
    if (zones[i].is_psys()) psys.push_back(i);
    if (!zones[i].is_package()) continue;
    std::vector<counted_energy> parts;
    for (std::size_t j = 0; j < zones.size(); ++j) {
      if (zones[j].is_part_of(zones[i])) parts.emplace_back(std::vector{j}, std::vector<counted_energy>());
    }
    packages.emplace_back(std::vector{i}, std::move(parts));
  }
  return {std::move(psys), std::move(packages)};
}

class rapl : public power_meter {
 public:
  rapl(std::vector<rapl_zone> zones, const notice* warn)
      : zones_(std::move(zones)), total_(whole_board(zones_)), warn_(warn) {
    total_.append_used(used_);
  }

  board_power read(time_point now, bool in_detail, std::vector<rail_reading>& to) override;
  [[nodiscard]] double update_interval_seconds() const override { return update_seconds; }
  [[nodiscard]] std::string total_source() const override;
  void append_status(std::vector<sensor_status>& to) const override;
  // Counters keep their paths; their files are opened again by themselves.
  [[nodiscard]] bool is_alive() const override { return true; }

 private:
  [[nodiscard]] bool is_used(std::size_t zone) const {
    return std::find(used_.begin(), used_.end(), zone) != used_.end();
  }
  [[nodiscard]] std::uint64_t breaks() const;
  void take_refuted();

  std::vector<rapl_zone> zones_;
  counted_energy total_;
  const notice* warn_;
  std::vector<std::size_t> used_;               // whose sum the total is
  std::map<std::size_t, std::string> refuted_;  // zones that are no total, and why
  std::optional<time_point> since_;             // the instant that the total counts from
  double joules_at_since_ = 0.0;
};

std::uint64_t rapl::breaks() const {
  std::uint64_t sum = 0;
  for (const rapl_zone& one : zones_) sum += one.breaks();
  return sum;
}

board_power rapl::read(time_point now, bool in_detail, std::vector<rail_reading>& to) {
  zone_readings readings(zones_.size());
  const std::uint64_t breaks_before = breaks();
  bool has_leapt = false;  // the total, or a part of it
  for (std::size_t i = 0; i < zones_.size(); ++i) {
    if (!in_detail && !zones_[i].is_top() && !is_used(i)) continue;
    const std::uint64_t before = zones_[i].breaks();
    readings[i] = zones_[i].read(now);
    has_leapt = has_leapt || (is_used(i) && zones_[i].breaks() != before);
    if (readings[i]) to.push_back(*readings[i]);
  }
  if (breaks() != breaks_before) total_.restart_checks();
  const auto sum = total_.read(now, readings);
  take_refuted();
  if (!since_ || has_leapt) {
    since_ = now;
    joules_at_since_ = total_.joules(zones_);
  }
  // A machine that runs this code draws power: counters that stand still, as under some hypervisors, measure nothing.
  const bool stands_still = sum && sum->watts && *sum->watts <= 0.0;
  if (!sum || stands_still || total_source().empty()) return {std::nullopt, std::nullopt, since_};
  return {sum->watts, sum->joules - joules_at_since_, since_};
}

void rapl::take_refuted() {
  std::map<std::size_t, std::string> refuted;
  total_.append_refuted(refuted);
  if (refuted.size() == refuted_.size()) return;
  for (const auto& [zone, why] : refuted) {
    if (refuted_.contains(zone) || !*warn_) continue;
    (*warn_)(fmt::format("energy counter {} is not the total that it should be: {}", zones_[zone].name(), why));
  }
  refuted_ = std::move(refuted);
  used_.clear();
  total_.append_used(used_);
}

std::string rapl::total_source() const {
  std::vector<std::string> names;
  bool are_packages = true;
  for (const std::size_t zone : used_) {
    if (zones_[zone].is_denied()) return {};
    if (zones_[zone].is_psys()) return "RAPL psys";
    are_packages = are_packages && zones_[zone].is_package();
    names.push_back(zones_[zone].name());
  }
  if (names.empty()) return {};
  if (!are_packages) return fmt::format("RAPL, sum of {}", fmt::join(names, ", "));
  return names.size() == 1 ? "RAPL package" : fmt::format("RAPL, sum of {} packages", names.size());
}

void rapl::append_status(std::vector<sensor_status>& to) const {
  for (std::size_t i = 0; i < zones_.size(); ++i) {
    sensor_status status = zones_[i].status();
    status.is_total = is_used(i);
    const auto refuted = refuted_.find(i);
    if (status.reason.empty() && refuted != refuted_.end()) status.reason = refuted->second;
    to.push_back(std::move(status));
  }
}

}  // namespace

std::unique_ptr<power_meter> find_rapl(const board_identity& board, const notice* warn) {
  std::vector<rapl_zone> zones = find_rapl_zones(board, warn);
  if (zones.empty()) return nullptr;
  return std::make_unique<rapl>(std::move(zones), warn);
}

}  // namespace dvfo::device
