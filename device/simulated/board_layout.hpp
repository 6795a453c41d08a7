#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace dvfo::device::simulated {

/// One power monitor: its folder below the driver's and the labels of its three channels ("" = not connected).
struct monitor_layout {
  std::string address;
  std::vector<std::string> labels;
};

/// Where a simulated board shows its files: the layout of one real board under one JetPack.
struct board_layout {
  std::string_view board;
  int jetpack = 0;
  std::string_view release;                ///< first line of /etc/nv_tegra_release
  std::string_view model;                  ///< /proc/device-tree/model
  std::string_view compatible;             ///< strings of /proc/device-tree/compatible, each ended by NUL
  std::vector<std::vector<int>> policies;  ///< cores of each cpufreq policy
  std::string_view gpu_device;             ///< folder below /sys/devices
  std::string_view gpu_node;               ///< its of_node/name
  std::vector<monitor_layout> monitors;
  std::vector<std::string> zones;  ///< thermal zones that show the die's temperature
  double rail_volts = 5.0;

  /// JetPack 4's iio driver (fresh reading each time) or JetPack 5's hwmon (mean of 430 ms).
  [[nodiscard]] bool has_iio() const { return jetpack == 4; }
};

/// The layout of a board of shipped_boards(). Throws error(unknown_board).
const board_layout& layout_of(std::string_view board);

}  // namespace dvfo::device::simulated
