// RAPL by the kernel's powercap tree: counters of microjoules that wrap around at max_energy_range_uj.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "device/power_meter.hpp"
#include "device/sensor_file.hpp"

namespace dvfo::device {
namespace {

constexpr double micro = 1e-6;
constexpr double update_seconds = 1e-3;  // the processor brings the counters up to date about every millisecond

// A counter that fell back was either wrapped or set to 0 (sleep, a write, another driver). More power than this over
// the time since the last reading cannot have been a wrap.
constexpr double highest_watts = 2000.0;

// psys is there on some machines without ever counting.
constexpr double psys_must_count_within_seconds = 2.0;

/// One counter: its energy since it was opened.
class zone {
 public:
  zone(std::filesystem::path folder, std::string id, std::string name, const notice* warn)
      : is_top_(std::count(id.begin(), id.end(), ':') == 1),
        name_(std::move(name)),
        counter_(folder / "energy_uj"),
        range_(device::read_integer(folder / "max_energy_range_uj").value.value_or(0)),
        watch_("energy counter " + name_ + " (" + id + ")", warn),
        fault_(device::read_integer(folder / "energy_uj").fault) {}

  /// The energy since the first reading, or absent.
  std::optional<rail_reading> read(time_point now);

  [[nodiscard]] bool is_top() const { return is_top_; }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::string where() const { return counter_.path().string(); }
  [[nodiscard]] const fault_watch& watch() const { return watch_; }
  [[nodiscard]] bool is_denied() const { return fault_ == file_fault::no_permission; }

 private:
  void count(std::int64_t raw, double seconds);

  bool is_top_;
  std::string name_;
  sensor_file counter_;
  std::int64_t range_;
  fault_watch watch_;
  file_fault fault_;
  std::optional<std::int64_t> last_;
  time_point last_time_;
  std::int64_t microjoules_ = 0;
  double at_last_watts_ = 0.0;  // energy when watts were last computed
  time_point last_watts_time_;
  std::optional<double> watts_;
};

std::optional<rail_reading> zone::read(time_point now) {
  if (!watch_.is_due(now)) return std::nullopt;
  const auto raw = counter_.read_integer();
  fault_ = raw.fault;
  if (!raw || *raw < 0) {
    watch_.failed(now, describe(counter_.path(), raw ? file_fault::garbage : raw.fault, raw.found));
    return std::nullopt;
  }
  watch_.succeeded();
  if (last_) {
    count(*raw, std::chrono::duration<double>(now - last_time_).count());
  } else {
    last_watts_time_ = now;
  }
  last_ = *raw;
  last_time_ = now;
  const double joules = static_cast<double>(microjoules_) * micro;
  const double seconds = std::chrono::duration<double>(now - last_watts_time_).count();
  if (seconds >= update_seconds) {  // below, the counter may not have moved yet
    watts_ = (joules - at_last_watts_) / seconds;
    at_last_watts_ = joules;
    last_watts_time_ = now;
  }
  return rail_reading{name_, std::nullopt, std::nullopt, watts_, joules};
}

void zone::count(std::int64_t raw, double seconds) {
  std::int64_t step = raw - *last_;
  if (step < 0) step += range_;
  const bool is_possible = step >= 0 && static_cast<double>(step) * micro <= highest_watts * std::max(seconds, 1.0);
  // After a reset what was counted in between is unknown; the meter goes on from there.
  if (raw >= *last_ || is_possible) microjoules_ += step;
}

class rapl : public power_meter {
 public:
  explicit rapl(std::vector<zone> zones)
      : zones_(std::move(zones)), uses_psys_(std::any_of(zones_.begin(), zones_.end(), is_psys)) {}

  board_power read(time_point now, bool in_detail, std::vector<rail_reading>& to) override;
  [[nodiscard]] double update_interval_seconds() const override { return update_seconds; }
  [[nodiscard]] std::string total_source() const override;
  void append_status(std::vector<sensor_status>& to) const override;
  // Counters keep their paths; their files are opened again by themselves.
  [[nodiscard]] bool is_alive() const override { return true; }

 private:
  static bool is_psys(const zone& one) { return one.is_top() && one.name() == "psys"; }
  [[nodiscard]] bool is_in_total(const zone& one) const {
    return one.is_top() && (uses_psys_ ? is_psys(one) : one.name().starts_with("package"));
  }
  void judge_psys(time_point now, const std::vector<rail_reading>& readings);

  std::vector<zone> zones_;
  bool uses_psys_;
  bool psys_is_proven_ = false;
  std::optional<time_point> first_;
  double offset_joules_ = 0.0;  // keeps the total in one piece when psys is given up
};

board_power rapl::read(time_point now, bool in_detail, std::vector<rail_reading>& to) {
  std::vector<rail_reading> readings;
  bool is_complete = !total_source().empty();
  double joules = 0.0;
  std::optional<double> watts = 0.0;
  for (zone& one : zones_) {
    if (!in_detail && !one.is_top()) continue;
    const auto reading = one.read(now);
    if (reading) readings.push_back(*reading);
    if (!is_in_total(one)) continue;
    is_complete = is_complete && reading.has_value();
    if (!reading) continue;
    joules += *reading->energy_joules;
    watts = watts && reading->watts ? std::optional(*watts + *reading->watts) : std::nullopt;
  }
  if (uses_psys_ && !psys_is_proven_) judge_psys(now, readings);
  to.insert(to.end(), readings.begin(), readings.end());
  if (!is_complete) return {};
  return {watts, joules + offset_joules_};
}

/// psys counts once it has moved. If it stands still while the packages move, the packages are the total from then on.
void rapl::judge_psys(time_point now, const std::vector<rail_reading>& readings) {
  if (!first_) first_ = now;
  double psys = 0.0;
  double packages = 0.0;
  for (const rail_reading& one : readings) {
    if (one.name == "psys") psys = *one.energy_joules;
    if (one.name.starts_with("package")) packages += *one.energy_joules;
  }
  psys_is_proven_ = psys > 0.0;
  const double seconds = std::chrono::duration<double>(now - *first_).count();
  if (psys_is_proven_ || packages <= 0.0 || seconds < psys_must_count_within_seconds) return;
  uses_psys_ = false;
  offset_joules_ = -packages;
}

std::string rapl::total_source() const {
  std::size_t parts = 0;
  for (const zone& one : zones_) {
    if (!is_in_total(one)) continue;
    if (one.is_denied()) return {};
    ++parts;
  }
  if (parts == 0) return {};
  if (uses_psys_) return "RAPL psys";
  return parts == 1 ? "RAPL package" : fmt::format("RAPL, sum of {} packages", parts);
}

void rapl::append_status(std::vector<sensor_status>& to) const {
  for (const zone& one : zones_) {
    sensor_status status;
    status.name = one.name();
    status.where = one.where();
    status.is_present = one.watch().reason().empty();
    status.is_total = is_in_total(one);
    status.reason = one.watch().reason();
    if (one.is_denied()) {
      status.remedy =
          "only root may read it since Linux 5.10: run as root, give the program CAP_DAC_READ_SEARCH "
          "(setcap cap_dac_read_search+ep), or let a group read it by a udev rule: SUBSYSTEM==\"powercap\", "
          "ACTION==\"add\", RUN+=\"/bin/sh -c 'chgrp power /sys%p/energy_uj; chmod g+r /sys%p/energy_uj'\"";
    } else if (!status.is_present) {
      status.remedy = "check that the kernel module intel_rapl_msr is loaded";
    }
    to.push_back(std::move(status));
  }
}

}  // namespace

std::unique_ptr<power_meter> find_rapl(const board_identity& board, const notice* warn) {
  const std::filesystem::path folder = below(board.root, "/sys/class/powercap");
  std::vector<zone> zones;
  for (const std::string& id : list_folder(folder)) {
    // "intel-rapl:0" and "intel-rapl:0:1", on AMD as well. intel-rapl-mmio:0 counts package-0 a second time.
    if (!id.starts_with("intel-rapl:")) continue;
    const auto name = read_text(folder / id / "name");
    if (name) zones.emplace_back(folder / id, id, *name, warn);
  }
  if (zones.empty()) return nullptr;
  return std::make_unique<rapl>(std::move(zones));
}

}  // namespace dvfo::device
