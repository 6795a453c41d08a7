#pragma once

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "device/identity.hpp"
#include "device/sensors.hpp"
#include "tests/support/sysfs_tree.hpp"

namespace dvfo::tests {

/// An instant of virtual time.
inline device::time_point at(double seconds) {
  return device::time_point(
      std::chrono::duration_cast<device::time_point::duration>(std::chrono::duration<double>(seconds)));
}

/// Collects notices.
struct notices {
  std::vector<std::string> texts;
  [[nodiscard]] device::notice receiver() {
    return [this](const std::string& text) { texts.push_back(text); };
  }
};

/// A recorded tree and the sensors that DVFO finds in it.
struct sensed_tree {
  explicit sensed_tree(const std::string& name) : tree(name), sensors(device::detect(tree.root()), said.receiver()) {}

  sysfs_tree tree;
  notices said;
  device::sensor_set sensors;
};

/// The values of one rail; null if it gave none.
inline const device::rail_reading* find_rail(const device::telemetry& reading, std::string_view name) {
  const auto found = std::find_if(reading.rails.begin(), reading.rails.end(),
                                  [&](const device::rail_reading& rail) { return rail.name == name; });
  return found == reading.rails.end() ? nullptr : &*found;
}

inline std::optional<double> watts_of(const device::telemetry& reading, std::string_view name) {
  const auto* const rail = find_rail(reading, name);
  return rail == nullptr ? std::nullopt : rail->watts;
}

inline std::optional<double> celsius_of(const device::telemetry& reading, std::string_view zone) {
  for (const auto& one : reading.temperatures) {
    if (one.zone == zone) return one.celsius;
  }
  return std::nullopt;
}

/// The line of doctor for one sensor; null if there is none.
inline std::optional<device::sensor_status> status_of(const device::sensor_set& sensors, std::string_view name) {
  for (const auto& one : sensors.status()) {
    if (one.name == name) return one;
  }
  return std::nullopt;
}

}  // namespace dvfo::tests
