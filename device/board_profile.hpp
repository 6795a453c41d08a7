#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "device/clocks.hpp"

namespace dvfo::device {

/// The system on chip, which decides how the memory clock is locked.
enum class soc : std::uint8_t { other, tegra210, tegra186, tegra194, tegra234 };

/// How the whole board's power is known.
enum class total_rule : std::uint8_t {
  one_rail,  ///< one rail carries everything; the others are parts of it and are never added
  sum,       ///< no such rail: the sum of all rails, below wall power
  counter,   ///< RAPL: psys where it counts, else the packages
  battery,   ///< what a discharging battery gives
};

/// A set of clock limits that nvpmodel names; absent = no limit.
struct power_mode {
  int id = 0;
  std::string name;
  clocks limits;
  int cores_online = 0;
};

/// What is known of a kind of board beforehand. What the kernel lists at run time goes before these lists.
struct board_profile {
  std::string name;   ///< "jetson-xavier-nx"; "linux" for any PC
  std::string title;  ///< "NVIDIA Jetson Xavier NX"
  soc chip = soc::other;
  std::vector<std::string> compatible;  ///< any of these in /proc/device-tree/compatible means this board
  std::vector<std::string> models;      ///< or any of these inside /proc/device-tree/model, the longest match first
  std::vector<double> cpu_hz;           ///< documented operating points, ascending; empty where there is no such knob
  std::vector<double> gpu_hz;
  std::vector<double> memory_hz;
  total_rule total = total_rule::one_rail;
  std::string total_rail;          ///< label of that rail, "" unless total is one_rail
  std::vector<std::string> rails;  ///< labels that are summed (total sum) or shown (one_rail), total included
  std::vector<power_mode> modes;
  double max_power_watts = 0.0;  ///< MaxPower of DVFO Eq. 4: the budget of the board's highest mode
};

/// Every board that DVFO knows: jetson-nano, jetson-tx2, jetson-xavier-nx, jetson-agx-xavier, jetson-orin-nano,
/// jetson-orin-nx, jetson-agx-orin, linux. Sources of the figures: NVIDIA's kernel and nvpmodel files, by board in
/// board_catalogue.cpp. Thread-safe.
std::span<const board_profile> board_catalogue();

/// The profile of this name, or throws error(unknown_board) that lists the names.
const board_profile& find_board(std::string_view name);

/// Above this no reading of the board's power is a measurement: four times the budget, which bounds a mean and not what
/// hangs on the carrier board; 2 kW where no budget is known.
double highest_watts(const board_profile& board);

/// Operating points of one knob of the profile.
const std::vector<double>& operating_points(const board_profile& board, knob which);

/// The point nearest to `hz` (the lower of two equally near). `points` ascending, not empty.
double nearest_point(std::span<const double> points, double hz);

}  // namespace dvfo::device
