#include "device/temperatures.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "device/distinct_names.hpp"

namespace dvfo::device {
namespace {

constexpr double milli = 1e-3;
constexpr double lowest_celsius = -60.0;  // outside of these a sensor is unconnected or mad
constexpr double highest_celsius = 150.0;

/// Entries such as thermal_zone2 by number: a folder lists thermal_zone10 before it.
std::vector<std::string> numbered_entries(const std::filesystem::path& folder, std::string_view prefix,
                                          std::string_view suffix = {}) {
  std::vector<std::string> names = list_folder(folder);
  std::erase_if(names, [&](const std::string& name) {
    if (name.size() < prefix.size() + suffix.size() || !name.starts_with(prefix) || !name.ends_with(suffix))
      return true;
    return !parse_integer(std::string_view(name).substr(prefix.size(), name.size() - prefix.size() - suffix.size()));
  });
  std::sort(names.begin(), names.end(),
            [](const auto& a, const auto& b) { return a.size() != b.size() ? a.size() < b.size() : a < b; });
  return names;
}

/// What a hwmon chip belongs to ("coretemp.1", "0000:00:18.3"), which its number does not tell for long: numbers change
/// from start to start.
std::string place_of(const std::filesystem::path& chip) {
  std::error_code unknown;
  const std::filesystem::path device = std::filesystem::read_symlink(chip / "device", unknown);
  return unknown ? chip.filename().string() : device.filename().string();
}

}  // namespace

struct temperatures::found {
  named_place where;
  heat_source source;
  std::filesystem::path file;
};

temperatures::temperatures(const board_identity& board, const notice* warn) {
  std::vector<found> all;
  find_zones(below(board.root, "/sys/class/thermal"), all);
  if (all.empty()) find_zones(below(board.root, "/sys/devices/virtual/thermal"), all);
  if (board.profile->chip == soc::other) find_processor_inputs(below(board.root, "/sys/class/hwmon"), all);
  std::vector<named_place> places;
  places.reserve(all.size());
  for (const found& one : all) places.push_back(one.where);
  const std::vector<std::string> names = distinct_names(places);
  for (std::size_t i = 0; i < all.size(); ++i) {
    sensors_.push_back(
        {names[i], all[i].source, sensor_file(all[i].file), fault_watch("temperature " + names[i], warn, true)});
  }
}

void temperatures::find_zones(const std::filesystem::path& folder, std::vector<found>& to) {
  for (const std::string& zone : numbered_entries(folder, "thermal_zone")) {
    const auto type = read_text(folder / zone / "type");
    if (!type) continue;
    const heat_source source = source_of_zone(*type);
    if (source != heat_source::constant) to.push_back({{*type, zone}, source, folder / zone / "temp"});
  }
}

void temperatures::find_processor_inputs(const std::filesystem::path& folder, std::vector<found>& to) {
  for (const std::string& chip : numbered_entries(folder, "hwmon")) {
    const auto driver = read_text(folder / chip / "name");
    if (!driver || !is_processor_driver(*driver)) continue;
    std::vector<std::pair<std::string, std::string>> inputs;  // label, file
    for (const std::string& file : numbered_entries(folder / chip, "temp", "_input")) {
      const std::string number = file.substr(0, file.find('_'));
      inputs.emplace_back(read_text(folder / chip / (number + "_label")).value.value_or(number), file);
    }
    const bool has_die =
        std::any_of(inputs.begin(), inputs.end(), [](const auto& input) { return input.first == "Tdie"; });
    for (const auto& [label, file] : inputs) {
      to.push_back({{*driver + ' ' + label, place_of(folder / chip)},
                    source_of_processor_input(label, has_die),
                    folder / chip / file});
    }
  }
}

void temperatures::read(time_point now, std::vector<temperature_reading>& to) {
  for (sensor& one : sensors_) {
    if (!one.watch.is_due(now)) continue;
    const auto celsius = read_within(one.file, lowest_celsius, highest_celsius, milli);
    if (!celsius) {
      one.watch.failed(now, describe(one.file.path(), celsius));
      continue;
    }
    one.watch.succeeded();
    one.was_read = true;
    to.push_back({one.name, *celsius, one.source});
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
