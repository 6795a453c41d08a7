#include "device/rapl_zone.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "device/distinct_names.hpp"
#include "device/power_meter.hpp"

namespace dvfo::device {
namespace {

constexpr double micro = 1e-6;

/// A limit bounds a mean over seconds, and one that somebody set low need not be in force: only far above the highest
/// of them, and above what any laptop or desktop draws, is energy impossible.
constexpr double watts_per_limit = 4.0;
constexpr double least_bound_watts = 200.0;

/// Above this the zone cannot have drawn, by the limits that it names.
double bound_of(const std::filesystem::path& zone, double highest_watts) {
  double limit = 0.0;
  for (int i = 0; i < 4; ++i) {
    for (const char* which : {"power_limit_uw", "max_power_uw"}) {
      const auto microwatts = read_integer(zone / fmt::format("constraint_{}_{}", i, which));
      if (microwatts) limit = std::max(limit, static_cast<double>(*microwatts) * micro);
    }
  }
  if (limit <= 0.0) return highest_watts;
  return std::min(highest_watts, std::max(watts_per_limit * limit, least_bound_watts));
}

/// "intel-rapl:0" of "intel-rapl:0:1"; empty for "intel-rapl:0" itself.
std::string parent_of(const std::string& id) {
  return std::count(id.begin(), id.end(), ':') < 2 ? std::string() : id.substr(0, id.rfind(':'));
}

}  // namespace

rapl_zone::rapl_zone(const std::filesystem::path& folder, std::string id, std::string kind, const std::string& name,
                     double highest_watts, const notice* warn)
    : id_(std::move(id)),
      parent_(parent_of(id_)),
      kind_(std::move(kind)),
      name_(name),
      file_(folder / "energy_uj"),
      counter_(read_integer(folder / "max_energy_range_uj").value.value_or(0), highest_watts),
      watch_("energy counter " + name, warn),
      fault_(read_integer(folder / "energy_uj").fault) {}

std::optional<rail_reading> rapl_zone::read(time_point now) {
  if (!watch_.is_due(now)) return std::nullopt;
  const auto raw = file_.read_integer();
  fault_ = raw.fault;
  if (!raw) {
    watch_.failed(now, describe(file_.path(), raw));
    return std::nullopt;
  }
  if (*raw < 0) {
    watch_.failed(now, describe(file_.path(), file_fault::garbage, std::to_string(*raw), "was a number from 0 up"));
    return std::nullopt;
  }
  if (!counter_.count(now, *raw)) {
    watch_.failed(now, fmt::format("{} {}", file_.path().string(), counter_.reason()));
    return std::nullopt;
  }
  watch_.succeeded();
  return rail_reading{name_, std::nullopt, std::nullopt, counter_.watts(), counter_.joules()};
}

sensor_status rapl_zone::status() const {
  sensor_status result;
  result.name = name_;
  result.where = file_.path().string();
  result.is_present = watch_.reason().empty();
  result.reason = watch_.reason();
  if (is_denied()) {
    result.remedy =
        "only root may read it since Linux 5.10: run as root, give the program CAP_DAC_READ_SEARCH "
        "(setcap cap_dac_read_search+ep), or let a group read it by a udev rule: SUBSYSTEM==\"powercap\", "
        "ACTION==\"add\", RUN+=\"/bin/sh -c 'chgrp power /sys%p/energy_uj; chmod g+r /sys%p/energy_uj'\"";
  } else if (!result.is_present && fault_ != file_fault::none) {
    result.remedy = "check that the kernel module intel_rapl_msr is loaded";
  }
  return result;
}

std::vector<rapl_zone> find_rapl_zones(const board_identity& board, const notice* warn) {
  // "intel-rapl:0" and "intel-rapl:0:1", on AMD as well. intel-rapl-mmio:0 counts package-0 a second time.
  constexpr std::string_view prefix = "intel-rapl:";
  const std::filesystem::path folder = below(board.root, "/sys/class/powercap");
  std::vector<named_place> found;  // the place is the id without the prefix
  for (const std::string& id : list_folder(folder)) {
    if (!id.starts_with(prefix)) continue;
    if (const auto kind = read_text(folder / id / "name")) found.push_back({*kind, id.substr(prefix.size())});
  }
  const std::vector<std::string> names = distinct_names(found);
  std::vector<rapl_zone> zones;
  zones.reserve(found.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    const std::string& kind = found[i].name;
    const std::string id = fmt::format("{}{}", prefix, found[i].place);
    const std::string top = parent_of(id).empty() ? id : parent_of(id);
    const double bound = bound_of(folder / top, highest_watts(*board.profile));
    zones.emplace_back(folder / id, id, kind, names[i], bound, warn);
  }
  return zones;
}

}  // namespace dvfo::device
