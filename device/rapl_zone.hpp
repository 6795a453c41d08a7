#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "device/energy_counter.hpp"
#include "device/identity.hpp"
#include "device/sensor_file.hpp"
#include "device/sensors.hpp"

namespace dvfo::device {

/// One counter of the kernel's powercap tree. Not thread-safe.
class rapl_zone {
 public:
  /// `id`: its folder, "intel-rapl:0:1"; `kind`: the text of its file `name`; `name`: what tells it from all others.
  rapl_zone(const std::filesystem::path& folder, std::string id, std::string kind, const std::string& name,
            double highest_watts, const notice* warn);

  /// The energy since the first reading; absent if it cannot be read or tells nothing of the time since the last one.
  std::optional<rail_reading> read(time_point now);

  [[nodiscard]] const std::string& name() const { return name_; }

  /// Neither within a package nor within another zone.
  [[nodiscard]] bool is_top() const { return parent_.empty(); }
  [[nodiscard]] bool is_psys() const { return is_top() && kind_ == "psys"; }
  [[nodiscard]] bool is_package() const { return is_top() && kind_.starts_with("package"); }

  /// Whether this counts a part of what that package counts. DRAM is listed below its package but not in its energy.
  [[nodiscard]] bool is_part_of(const rapl_zone& package) const {
    return parent_ == package.id_ && (kind_ == "core" || kind_ == "uncore");
  }

  [[nodiscard]] double joules() const { return counter_.joules(); }
  [[nodiscard]] std::uint64_t breaks() const { return counter_.breaks(); }
  [[nodiscard]] bool is_denied() const { return fault_ == file_fault::no_permission; }
  [[nodiscard]] sensor_status status() const;

 private:
  std::string id_;
  std::string parent_;  ///< id of the zone that this is listed below; empty for a top zone
  std::string kind_;
  std::string name_;
  sensor_file file_;
  energy_counter counter_;
  fault_watch watch_;
  file_fault fault_;
};

/// Every zone below /sys/class/powercap, in the order of the ids, each with a name of its own.
std::vector<rapl_zone> find_rapl_zones(const board_identity& board, const notice* warn);

}  // namespace dvfo::device
