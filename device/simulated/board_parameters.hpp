#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "device/workload.hpp"

/// Boards that exist as physics alone. Units are SI throughout: hertz, watts, volts, joules, seconds; degrees Celsius.
namespace dvfo::device::simulated {

/// Where a figure comes from.
enum class origin : std::uint8_t {
  fitted = 0,   ///< to measurements of this very board
  derived = 1,  ///< from published specifications, from another board, or from very few figures
};

/// "fitted" or "derived".
const char* to_string(origin how);

struct provenance {
  origin how = origin::derived;
  std::string source;  ///< for people: data, publication, reasoning
  friend bool operator==(const provenance&, const provenance&) = default;
};

/// What the board asks for one inference of a network it was measured with:
/// seconds = ((gpu_cycles/f_G)^norm + (memory_clocks/f_M)^norm)^(1/norm) + cpu_cycles/f_C.
struct network_parameters {
  std::string name;
  provenance from;
  workload work;  ///< published operations, bytes at the board's element size, weight layers
  double gpu_cycles = 0.0;
  double memory_clocks = 0.0;
  double cpu_cycles = 0.0;
  double norm = 3.0;
  double mean_error = 0.0;  ///< relative, against the measurements it was fitted to
  friend bool operator==(const network_parameters&, const network_parameters&) = default;
};

/// How any other workload becomes cycles.
struct latency_parameters {
  provenance from;
  double flops_per_gpu_cycle = 0.0;       ///< of a kernel of 1e9 operations
  double saturation_exponent = 0.0;       ///< that rate grows with (operations a kernel / 1e9)^exponent …
  double peak_flops_per_gpu_cycle = 0.0;  ///< … up to this
  double memory_clocks_per_byte = 0.0;    ///< of what must be moved once
  double memory_clocks_per_flop = 0.0;    ///< of what is read again because caches are small
  double cpu_cycles_per_launch = 0.0;
  double norm = 3.0;
  double left_out_error = 0.0;  ///< mean relative error for a measured network that the fit did not see; 0: not known
  friend bool operator==(const latency_parameters&, const latency_parameters&) = default;
};

/// Flat at the floor up to the knee, then a straight line (Tegra210's published tables have this shape).
struct voltage_curve {
  double floor_volts = 1.0;
  double knee_hz = 1.0;
  double volts_per_hz = 0.0;
  friend bool operator==(const voltage_curve&, const voltage_curve&) = default;
};

struct gpu_power {
  provenance from;
  voltage_curve voltage;
  double clock_farads = 0.0;      ///< watts per V² and Hz while a kernel runs
  double flop_farads = 0.0;       ///< joules per V² and operation
  double leakage_watts = 0.0;     ///< at the floor voltage and 45 °C; grows with V² and exp(leakage_per_kelvin·ΔT)
  double leakage_per_kelvin = 0;  ///< 1/K
  friend bool operator==(const gpu_power&, const gpu_power&) = default;
};

struct cpu_power {
  provenance from;
  voltage_curve voltage;
  double idle_watts = 0.0;
  double core_farads = 0.0;  ///< watts per V² and Hz of one busy core
  friend bool operator==(const cpu_power&, const cpu_power&) = default;
};

/// The memory controller's side (soc) or the chips' side (memory) of the memory clock.
struct memory_power {
  provenance from;
  voltage_curve voltage;
  double base_watts = 0.0;
  double clock_farads = 0.0;  ///< watts per V² and Hz of memory clock
  double byte_farads = 0.0;   ///< joules per V² and byte moved
  friend bool operator==(const memory_power&, const memory_power&) = default;
};

struct board_power {
  provenance from;
  double bus_bytes_per_clock = 0.0;  ///< 16 for a 64-bit bus, 32 for 128 bits, 64 for 256 bits
  double traffic_share = 0.0;        ///< bytes moved = share · memory_clocks · bus_bytes_per_clock
  double idle_share = 0.0;           ///< of the clock parts of GPU, soc and memory that stay while nothing runs
  double input_offset_watts = 0.0;   ///< board input = offset + slope · (gpu + cpu + soc + memory)
  double input_slope = 1.0;
  friend bool operator==(const board_power&, const board_power&) = default;
};

/// Wall power = offset + slope · board input: mains adapter and carrier. Only to compare with published wall power.
struct wall_power {
  provenance from;
  double offset_watts = 0.0;
  double slope = 1.0;
  friend bool operator==(const wall_power&, const wall_power&) = default;
};

/// First-order: the die moves towards ambient + kelvin_per_watt · board input.
struct thermal_parameters {
  provenance from;
  double ambient_celsius = 25.0;
  double kelvin_per_watt = 1.0;
  double time_constant_seconds = 60.0;
  friend bool operator==(const thermal_parameters&, const thermal_parameters&) = default;
};

struct radio_parameters {
  provenance from;
  double sending_watts = 0.0;
  friend bool operator==(const radio_parameters&, const radio_parameters&) = default;
};

/// From the order to the clock in force, by knob (cpu, gpu, memory); execution stands still for stall_seconds
/// meanwhile.
struct knob_parameters {
  provenance from;
  std::array<double, 3> settle_seconds{};
  double stall_seconds = 0.0;
  friend bool operator==(const knob_parameters&, const knob_parameters&) = default;
};

/// While the memory clock is not locked, a CPU clock of at least cpu_hz keeps it at memory_hz or above.
struct memory_floor {
  double cpu_hz = 0.0;
  double memory_hz = 0.0;
  friend bool operator==(const memory_floor&, const memory_floor&) = default;
};

struct clock_parameters {
  provenance from;
  std::vector<double> cpu_hz;  ///< operating points, ascending, at least one each
  std::vector<double> gpu_hz;
  std::vector<double> memory_hz;
  std::vector<memory_floor> memory_floors;  ///< ascending; may be empty
  friend bool operator==(const clock_parameters&, const clock_parameters&) = default;
};

/// One power rail as a mix of the parts: watts = gpu·P_gpu + cpu·P_cpu + soc·P_soc + memory·P_memory + rest·(input less
/// those four).
struct rail_parameters {
  std::string name;
  double gpu = 0.0, cpu = 0.0, soc = 0.0, memory = 0.0, rest = 0.0;
  friend bool operator==(const rail_parameters&, const rail_parameters&) = default;
};

/// Everything that the physics of one board needs: the content of boards/<board>.toml, which `dvfo calibrate` writes.
struct board_parameters {
  std::string board;
  clock_parameters clocks;
  latency_parameters latency;
  std::vector<network_parameters> networks;
  gpu_power gpu;
  cpu_power cpu;
  memory_power soc;
  memory_power memory;
  board_power power;
  wall_power wall;
  thermal_parameters thermal;
  radio_parameters radio;
  knob_parameters knobs;
  std::vector<rail_parameters> rails;
  friend bool operator==(const board_parameters&, const board_parameters&) = default;
};

/// Names with a parameter file in this build, without "sim:".
std::vector<std::string> shipped_boards();

/// The parameters built into the program. Throws error(unknown_board) that lists the names.
board_parameters shipped_parameters(std::string_view board);

/// Reads a parameter file. Throws error(io) when it cannot be read, error(bad_file) naming file and key for anything
/// that is missing, unknown, of another type or out of its range.
board_parameters read_parameters(const std::filesystem::path& file);

/// As above from text; `where` stands for the file in errors.
board_parameters parse_parameters(std::string_view text, const std::string& where);

/// The text of a parameter file, figures to seven digits; `header` lines go first as comments.
std::string format_parameters(const board_parameters& parameters, const std::string& header);

}  // namespace dvfo::device::simulated
