#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "device/simulated/board_parameters.hpp"

/// Published figures that no measurement of ours can give, each with its source, typed by people; `dvfo calibrate`
/// combines them with measurements. Assumptions without a publication behind them stand as named constants at the top
/// of calibration/latency_fit.cpp, power_fit.cpp, rail_fit.cpp and calibration.cpp.
namespace dvfo::device::simulated {

/// A network as published.
struct published_network {
  std::string_view name;
  std::vector<std::string_view> aliases;  ///< as measurement files call it
  double parameters = 0.0;
  double macs = 0.0;         ///< multiply-accumulates of one inference
  double activations = 0.0;  ///< elements that weight layers write
  double layers = 0.0;       ///< weight layers: kernels to start
  std::string_view source;
};

std::span<const published_network> published_networks();

/// By name or alias; nullptr if it is not known.
const published_network* find_network(std::string_view name);

/// `batch` inferences at once: weights are moved once, activations written and read by each.
workload workload_of(const published_network& network, double element_bytes, double batch = 1.0);

/// What is published of a board's chips.
struct board_specification {
  std::string_view board;
  std::string_view reference;  ///< the board whose power figures stand in where this one was not measured; "" for none
  std::vector<std::string_view> systems;  ///< how MLPerf names it: prefixes of the `system` column
  double gpu_cores = 0.0;
  double peak_flops_per_gpu_cycle = 0.0;  ///< at the precision of its inference engine, dense
  double element_bytes = 0.0;             ///< of that precision
  double bus_bytes_per_clock = 0.0;
  double cpu_cores = 0.0;
  double max_power_watts = 0.0;  ///< budget of the highest mode, for the thermal resistance
  std::vector<memory_floor> memory_floors;
  std::vector<rail_parameters> rails;
  std::string_view source;
};

/// Throws error(unknown_board) that lists the names.
const board_specification& find_specification(std::string_view board);

std::span<const board_specification> board_specifications();

/// The board that an MLPerf `system` belongs to; absent for systems of no board of ours.
std::optional<std::string_view> board_of_system(std::string_view system);

/// CPU rail power against CPU clock, GPU idle, published for the Jetson Nano.
struct cpu_rail_point {
  double hz = 0.0;
  double watts = 0.0;
};
std::span<const cpu_rail_point> published_cpu_power(std::string_view board);

}  // namespace dvfo::device::simulated
