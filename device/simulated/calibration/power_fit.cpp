#include "device/simulated/calibration/power_fit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "device/error.hpp"
#include "device/simulated/calibration/least_squares.hpp"
#include "device/simulated/calibration/prediction.hpp"
#include "device/simulated/calibration/rail_fit.hpp"

namespace dvfo::device::simulated {
namespace {

// Beliefs where nothing was measured.
constexpr double adapter_efficiency = 0.88;  // assumed for the mains adapter
constexpr double carrier_watts = 1.5;        // assumed for the carrier and idle peripherals
constexpr double die_rise_kelvin = 40.0;     // assumed, above ambient at the highest mode's budget
constexpr double ambient_celsius = 25.0;
constexpr double heat_seconds = 60.0;  // assumed; only the order is certain

voltage_curve stretched(const voltage_curve& curve, double top_ratio) {
  return {curve.floor_volts, curve.knee_hz * top_ratio, curve.volts_per_hz / top_ratio};
}

double top_ratio(const std::vector<double>& points, const std::vector<double>& reference) {
  return points.back() / reference.back();
}

void scale_from(board_parameters& out, const board_specification& board, const board_parameters& reference) {
  const auto& other = find_specification(reference.board);
  const double cores = board.gpu_cores / other.gpu_cores;
  const double bus = board.bus_bytes_per_clock / other.bus_bytes_per_clock;
  const provenance from{
      origin::derived,
      fmt::format("figures of {} scaled by GPU cores, peak rate, bus width and highest clocks", reference.board)};
  out.gpu = reference.gpu;
  out.gpu.from = from;
  out.gpu.voltage = stretched(reference.gpu.voltage, top_ratio(out.clocks.gpu_hz, reference.clocks.gpu_hz));
  out.gpu.clock_farads *= cores;
  out.gpu.leakage_watts *= cores;
  // A core switches about the same charge a cycle, however many operations that makes.
  out.gpu.flop_farads *= cores * other.peak_flops_per_gpu_cycle / board.peak_flops_per_gpu_cycle;
  out.cpu = reference.cpu;
  out.cpu.from = from;
  out.cpu.voltage = stretched(reference.cpu.voltage, top_ratio(out.clocks.cpu_hz, reference.clocks.cpu_hz));
  const double memory_top = top_ratio(out.clocks.memory_hz, reference.clocks.memory_hz);
  const auto scale_memory = [&](memory_power part) {
    part.from = from;
    part.voltage = stretched(part.voltage, memory_top);
    part.base_watts *= bus;
    part.clock_farads *=
        bus / memory_top;  // a newer memory generation reaches its higher clock at about the same power
    return part;
  };
  out.soc = scale_memory(reference.soc);
  out.memory = scale_memory(reference.memory);
  out.power = reference.power;
  out.power.from = from;
  out.power.bus_bytes_per_clock = board.bus_bytes_per_clock;
}

void derive_rest(board_parameters& out, const board_specification& board) {
  out.wall = {{origin::derived,
               "assumed: a mains adapter of 88 % efficiency and 1.5 W for the carrier; no wall power was measured"},
              carrier_watts / adapter_efficiency,
              1.0 / adapter_efficiency};
  out.thermal = {{origin::derived,
                  "assumed: 40 K above 25 °C at the highest mode's budget, one minute; no "
                  "temperature was measured"},
                 ambient_celsius,
                 die_rise_kelvin / board.max_power_watts,
                 heat_seconds};
}

// Idle and one busy core from published CPU rail power, where there is any.
void fit_published_cpu(board_parameters& out, const board_specification& board) {
  const auto points = published_cpu_power(board.board);
  if (points.empty()) return;
  const std::vector<unknown> unknowns{{out.cpu.idle_watts, 0.01, 2.0}, {out.cpu.core_farads, 1e-11, 1e-8}};
  const auto values = least_squares(unknowns, [&](std::span<const double> at, std::vector<double>& residuals) {
    residuals.clear();
    for (const auto& point : points) {
      const double volts = volts_at(out.cpu.voltage, point.hz);
      residuals.push_back((at[0] + volts * volts * at[1] * point.hz) / point.watts - 1.0);
    }
  });
  out.cpu.idle_watts = values[0];
  out.cpu.core_farads = values[1];
  out.cpu.from.source = fmt::format(
      "published CPU rail power at {} clocks (PARSEC programs, mean); voltage curve of the "
      "reference board",
      points.size());
}

// Multipliers of the scaled figures, so that few figures of wall power move only what they can speak of.
void apply_multipliers(board_parameters& out, std::span<const double> at) {
  out.gpu.clock_farads *= at[0];
  out.gpu.flop_farads *= at[1];
  out.soc.byte_farads *= at[2];
  out.memory.byte_farads *= at[2];
  for (auto* part : {&out.soc, &out.memory}) {
    part->base_watts *= at[3];
    part->clock_farads *= at[3];
  }
  out.gpu.leakage_watts *= at[3];
  out.wall.offset_watts *= at[4];
  out.gpu.voltage.volts_per_hz *= at[5];
  out.power.idle_share *= at[6];
}

bool has_wall(const measurement& row) { return row.wall_watts && row.unsupported.empty(); }

void fit_wall(board_parameters& out, std::span<const measurement> rows) {
  const auto count = std::count_if(rows.begin(), rows.end(), has_wall);
  if (count == 0) return;
  constexpr double believed_spread = 0.7;  // of the multipliers' logarithms
  constexpr double busy_spread = 0.03;
  constexpr double idle_spread = 0.1;  // the least sample of a run is a rough figure
  std::vector<unknown> unknowns(7, unknown{1.0, 0.02, 50.0});
  unknowns[5] = {1.0, 0.3, 3.0};
  unknowns[6].high = 1.0 / out.power.idle_share;
  const auto values = least_squares(unknowns, [&](std::span<const double> at, std::vector<double>& residuals) {
    residuals.clear();
    for (const double multiplier : at) residuals.push_back(std::log(multiplier) / believed_spread);
    auto moved = out;
    apply_multipliers(moved, at);
    const physics model(moved);
    for (const auto& row : rows) {
      const auto cost = cost_of_row(model, row);
      if (!has_wall(row) || !cost) continue;
      const auto expected = predict(model, row, *cost);
      residuals.push_back((model.wall_watts(expected.busy.watts) / *row.wall_watts - 1.0) / busy_spread);
      if (row.idle_wall_watts) {
        residuals.push_back((model.wall_watts(expected.idle) / *row.idle_wall_watts - 1.0) / idle_spread);
      }
    }
  });
  apply_multipliers(out, values);
  const auto source = fmt::format(
      "{} figures of MLPerf wall power; the division among rails, the voltage curve and the "
      "dependence on clocks beyond the measured ones are those of the reference board",
      count);
  for (auto* from : {&out.gpu.from, &out.soc.from, &out.memory.from}) *from = {origin::fitted, source};
  out.power.from.source += "; idle share fitted to the least samples of MLPerf wall power";
  out.wall.from = {origin::fitted, source + "; slope assumed: a mains adapter of 88 % efficiency"};
}

}  // namespace

void fit_power(board_parameters& parameters, const board_specification& board, std::span<const measurement> rows,
               const board_parameters* reference) {
  derive_rest(parameters, board);
  const bool has_rails =
      std::any_of(rows.begin(), rows.end(), [](const measurement& row) { return !row.rail_watts.empty(); });
  if (reference != nullptr) {
    scale_from(parameters, board, *reference);
    fit_published_cpu(parameters, board);
  } else if (!has_rails) {
    throw error(errc::bad_argument,
                fmt::format("no rail power of {} is among the measurements and no other board can stand "
                            "in for it; add the power file to --measurements",
                            board.board));
  }
  if (has_rails) {
    fit_rails(parameters, board, rows);
  } else {
    fit_wall(parameters, rows);
  }
}

}  // namespace dvfo::device::simulated
