#include "device/temperatures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace dvfo::device {
namespace {

constexpr double milli = 1e-3;
constexpr double lowest_celsius = -60.0;  // outside of these a sensor is unconnected or mad
constexpr double highest_celsius = 200.0;

constexpr std::array processor_drivers{"coretemp", "k10temp", "zenpower"};

/// Zones by number: a folder lists zone10 before zone2.
std::vector<std::string> numbered_entries(const std::filesystem::path& folder, std::string_view prefix) {
  std::vector<std::string> names = list_folder(folder);
  std::erase_if(names, [&](const std::string& name) {
    return !name.starts_with(prefix) || !parse_integer(std::string_view(name).substr(prefix.size()));
  });
  std::sort(names.begin(), names.end(),
            [](const auto& a, const auto& b) { return a.size() != b.size() ? a.size() < b.size() : a < b; });
  return names;
}

}  // namespace

temperatures::temperatures(const board_identity& board, const notice* warn) {
  add_zones(below(board.root, "/sys/class/thermal"), warn);
  if (sensors_.empty()) add_zones(below(board.root, "/sys/devices/virtual/thermal"), warn);
  if (board.profile->chip == soc::other) add_processor_sensors(below(board.root, "/sys/class/hwmon"), warn);
}

void temperatures::add_zones(const std::filesystem::path& folder, const notice* warn) {
  for (const std::string& zone : numbered_entries(folder, "thermal_zone")) {
    const auto type = read_text(folder / zone / "type");
    if (!type || type->starts_with("PMIC")) continue;
    sensors_.push_back({*type, sensor_file(folder / zone / "temp"), fault_watch("temperature " + *type, warn, true)});
  }
}

void temperatures::add_processor_sensors(const std::filesystem::path& folder, const notice* warn) {
  for (const std::string& chip : numbered_entries(folder, "hwmon")) {
    const auto driver = read_text(folder / chip / "name");
    if (!driver || std::find(processor_drivers.begin(), processor_drivers.end(), *driver) == processor_drivers.end()) {
      continue;
    }
    for (const std::string& file : list_folder(folder / chip)) {
      if (!file.starts_with("temp") || !file.ends_with("_input")) continue;
      const std::string number = file.substr(0, file.find('_'));
      const auto label = read_text(folder / chip / (number + "_label"));
      const std::string name = *driver + ' ' + (label ? *label : number);
      sensors_.push_back({name, sensor_file(folder / chip / file), fault_watch("temperature " + name, warn, true)});
    }
  }
}

void temperatures::read(time_point now, std::vector<temperature_reading>& to) {
  for (sensor& one : sensors_) {
    if (!one.watch.is_due(now)) continue;
    const auto celsius = read_within(one.file, lowest_celsius, highest_celsius, milli);
    if (!celsius) {
      one.watch.failed(now, describe(one.file.path(), celsius.fault, celsius.found));
      continue;
    }
    one.watch.succeeded();
    one.was_read = true;
    to.push_back({one.name, *celsius});
  }
}

bool temperatures::is_alive() const {
  return std::any_of(sensors_.begin(), sensors_.end(), [](const sensor& one) { return !one.watch.is_dropped(); });
}

void temperatures::append_status(std::vector<sensor_status>& to) const {
  if (sensors_.empty()) {
    to.push_back({"temperatures", "/sys/class/thermal", false, false, "no thermal zone is listed there", ""});
  }
  for (const sensor& one : sensors_) {
    sensor_status status{one.name, one.file.path().string(), one.watch.reason().empty(), false, one.watch.reason(), ""};
    if (!status.is_present && !one.was_read) status.reason += " (a zone of a block that is switched off)";
    to.push_back(std::move(status));
  }
}

}  // namespace dvfo::device
