#include "device/simulated/calibration/rail_fit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "device/error.hpp"
#include "device/simulated/calibration/least_squares.hpp"
#include "device/simulated/calibration/prediction.hpp"

namespace dvfo::device::simulated {
namespace {

// Beliefs that keep what the rails cannot tell apart from running away; the spread is a factor of three.
constexpr double believed_spread = 1.1;
constexpr double rail_spread = 0.05;         // scatter of the samples
constexpr double floor_volts = 0.8;          // Tegra210's floors lie at 0.81 to 0.84 V; later firmware is closed
constexpr double leakage_per_kelvin = 0.02;  // assumed: leakage doubles in some 35 K
// Idle with cores and GPU at rest, GPU 114.75 MHz, memory 1062.4 MHz: VDD_IN of 1.91 to 1.98 W, and 0.23 W on the CPU
// rail (github.com/thynics/jetson_dvfs).
constexpr double quiescent_input_watts = 1.945;
constexpr double quiescent_cpu_watts = 0.23;
constexpr double quiescent_gpu_hz = 114.75e6;
constexpr double quiescent_memory_hz = 1062.4e6;
constexpr double quiescent_celsius = 35.0;

using part_of = std::function<double(const board_watts&)>;
using assign = std::function<void(board_parameters&, std::span<const double>)>;

struct observation {
  const measurement* row;
  work_cost cost;
  double watts;
};

const rail_parameters& rail_of(const board_parameters& parameters, double rail_parameters::*part) {
  for (const auto& rail : parameters.rails) {
    if (rail.rest == 0.0 && rail.*part == 1.0 && rail.gpu + rail.cpu + rail.soc + rail.memory == 1.0) return rail;
  }
  throw error(errc::bad_argument,
              fmt::format("{} has no rail of its own for each part; rails cannot be fitted", parameters.board));
}

std::vector<observation> observations(const board_parameters& parameters, std::span<const measurement> rows,
                                      const std::string& rail) {
  std::vector<observation> out;
  const physics model(parameters);
  for (const auto& row : rows) {
    const auto cost = cost_of_row(model, row);
    if (!cost || !row.unsupported.empty()) continue;
    for (const auto& [name, watts] : row.rail_watts) {
      if (name == rail) out.push_back({&row, *cost, watts});
    }
  }
  if (out.empty()) {
    throw error(errc::bad_argument, fmt::format("no measurement of rail {} of {}; the power file needs a column {}_W",
                                                rail, parameters.board, rail));
  }
  return out;
}

// Fits unknowns of one part to its rail by relative error.
void fit_part(board_parameters& parameters, std::span<const measurement> rows, double rail_parameters::*part,
              double board_watts::*watts, const std::vector<unknown>& unknowns, const assign& set) {
  const auto seen = observations(parameters, rows, rail_of(parameters, part).name);
  const auto values = least_squares(unknowns, [&](std::span<const double> at, std::vector<double>& residuals) {
    residuals.clear();
    for (std::size_t i = 0; i < at.size(); ++i) {
      residuals.push_back(std::log(at[i] / unknowns[i].start) / believed_spread);
    }
    auto moved = parameters;
    set(moved, at);
    const physics model(std::move(moved));
    for (const auto& each : seen) {
      const auto result = predict(model, *each.row, each.cost);
      residuals.push_back((result.busy.watts.*watts / each.watts - 1.0) / rail_spread);
    }
  });
  set(parameters, values);
}

void fit_traffic(board_parameters& parameters, std::span<const measurement> rows) {
  const physics model(parameters);
  double logarithms = 0.0;
  double count = 0.0;
  for (const auto& row : rows) {
    const auto cost = cost_of_row(model, row);
    if (!cost || !row.memory_busy_hz) continue;
    logarithms += std::log(*row.memory_busy_hz * model.seconds(*cost, row.at) / cost->memory_clocks);
    count += 1.0;
  }
  parameters.power.traffic_share = count > 0.0 ? std::min(1.0, std::exp(logarithms / count)) : 0.6;
}

void fit_gpu(board_parameters& parameters, std::span<const measurement> rows) {
  const double top = parameters.clocks.gpu_hz.back();
  // Start: 0.1 W leakage, 0.5 W and 3 W at the top clock for the clock tree and the arithmetic at the floor voltage.
  const double volts_squared = floor_volts * floor_volts;
  const double rate = parameters.latency.peak_flops_per_gpu_cycle * top;
  const std::vector<unknown> unknowns{{0.1, 1e-3, 2.0},
                                      {0.5 / volts_squared / top, 1e-12, 1e-7},
                                      {3.0 / volts_squared / rate, 1e-14, 1e-9},
                                      {0.5 * top, 0.2 * top, 0.8 * top},
                                      {0.3 / (0.5 * top), 0.05 / top, 2.0 / top}};
  fit_part(parameters, rows, &rail_parameters::gpu, &board_watts::gpu, unknowns,
           [](board_parameters& p, std::span<const double> at) {
             p.gpu.leakage_watts = at[0];
             p.gpu.clock_farads = at[1];
             p.gpu.flop_farads = at[2];
             p.gpu.voltage = {floor_volts, at[3], at[4]};
             p.gpu.leakage_per_kelvin = leakage_per_kelvin;
           });
}

void fit_memory_side(board_parameters& parameters, std::span<const measurement> rows, double rail_parameters::*part,
                     double board_watts::*watts, memory_power board_parameters::*target) {
  const auto& points = parameters.clocks.memory_hz;
  const double top = points.back();
  const double knee = points.size() > 1 ? points[points.size() - 2] : top;
  const double volts_squared = floor_volts * floor_volts;
  const std::vector<unknown> unknowns{{0.1, 1e-3, 2.0},
                                      {0.5 / volts_squared / top, 1e-12, 1e-8},
                                      {0.02 / volts_squared / 1e9, 1e-13, 1e-9},
                                      {0.1 / (top - knee + 1.0), 0.001 / top, 10.0 / top}};
  fit_part(parameters, rows, part, watts, unknowns, [&](board_parameters& p, std::span<const double> at) {
    auto& group = p.*target;
    group.base_watts = at[0];
    group.clock_farads = at[1];
    group.byte_farads = at[2];
    group.voltage = {floor_volts, knee, at[3]};  // only the highest point is known to need more voltage
  });
}

void fit_cpu(board_parameters& parameters, std::span<const measurement> rows) {
  const double top = parameters.clocks.cpu_hz.back();
  parameters.cpu.idle_watts = quiescent_cpu_watts;
  parameters.cpu.voltage = {floor_volts, 0.5 * top, 0.32 / (0.5 * top)};
  const std::vector<unknown> unknowns{{0.9 / 1.25 / top, 1e-11, 1e-8}};
  fit_part(parameters, rows, &rail_parameters::cpu, &board_watts::cpu, unknowns,
           [](board_parameters& p, std::span<const double> at) { p.cpu.core_farads = at[0]; });
}

// VDD_IN as an affine function of the measured rails, so that an error of one part's model does not leak into it.
void fit_input(board_parameters& parameters, const board_specification& board, std::span<const measurement> rows) {
  const auto total = std::find_if(board.rails.begin(), board.rails.end(), [](const auto& r) { return r.rest == 1.0; });
  if (total == board.rails.end()) throw error(errc::bad_argument, fmt::format("{} has no total rail", board.board));
  std::vector<std::pair<double, double>> pairs;
  for (const auto& row : rows) {
    double sum = 0.0;
    double input = 0.0;
    for (const auto& [name, watts] : row.rail_watts) (name == total->name ? input : sum) += watts;
    if (input > 0.0 && sum > 0.0) pairs.emplace_back(sum, input);
  }
  const std::vector<unknown> unknowns{{0.9, 0.01, 5.0}, {1.06, 1.0, 1.5}};
  const auto values = least_squares(unknowns, [&](std::span<const double> at, std::vector<double>& residuals) {
    residuals.clear();
    for (const auto& [sum, input] : pairs) residuals.push_back((at[0] + at[1] * sum) / input - 1.0);
  });
  parameters.power.input_offset_watts = values[0];
  parameters.power.input_slope = values[1];
}

// What remains of the clock parts while nothing runs, from the one published quiescent figure.
void fit_idle(board_parameters& parameters) {
  double low = 0.0;
  double high = 1.0;
  for (int i = 0; i < 40; ++i) {
    parameters.power.idle_share = 0.5 * (low + high);
    const physics model(parameters);
    const double cpu_hz = parameters.clocks.cpu_hz.front();
    const auto idle = model.idle({cpu_hz, quiescent_gpu_hz, quiescent_memory_hz}, quiescent_celsius);
    (idle.input > quiescent_input_watts ? high : low) = parameters.power.idle_share;
  }
}

void fit_heat(board_parameters& parameters, const board_specification& board, std::span<const measurement> rows) {
  const auto total = std::find_if(board.rails.begin(), board.rails.end(), [](const auto& r) { return r.rest == 1.0; });
  std::vector<std::pair<double, double>> pairs;  // watts, Celsius
  for (const auto& row : rows) {
    for (const auto& [name, watts] : row.rail_watts) {
      if (name == total->name && row.celsius) pairs.emplace_back(watts, *row.celsius);
    }
  }
  if (pairs.size() < 3) return;
  const std::vector<unknown> unknowns{{35.0, 5.0, 60.0}, {1.3, 0.1, 10.0}};
  const auto values = least_squares(unknowns, [&](std::span<const double> at, std::vector<double>& residuals) {
    residuals.clear();
    for (const auto& [watts, celsius] : pairs) residuals.push_back(at[0] + at[1] * watts - celsius);
  });
  parameters.thermal.ambient_celsius = values[0];
  parameters.thermal.kelvin_per_watt = values[1];
  parameters.thermal.from = {
      origin::fitted,
      "GPU temperature against board input over the power sweep (whose dwell times are short, so "
      "the true resistance is a little higher); the time constant is a guess"};
}

}  // namespace

void fit_rails(board_parameters& parameters, const board_specification& board, std::span<const measurement> rows) {
  parameters.power.bus_bytes_per_clock = board.bus_bytes_per_clock;
  parameters.power.idle_share = 0.3;  // needed while the busy parts are fitted; settled below
  fit_traffic(parameters, rows);
  // The idle share also weighs the little time that a task spends outside the GPU: two rounds are plenty.
  for (int round = 0; round < 2; ++round) {
    fit_gpu(parameters, rows);
    fit_cpu(parameters, rows);
    fit_memory_side(parameters, rows, &rail_parameters::soc, &board_watts::soc, &board_parameters::soc);
    fit_memory_side(parameters, rows, &rail_parameters::memory, &board_watts::memory, &board_parameters::memory);
    fit_input(parameters, board, rows);
    fit_idle(parameters);
  }
  const auto count =
      std::count_if(rows.begin(), rows.end(), [](const measurement& r) { return !r.rail_watts.empty(); });
  const auto source = fmt::format(
      "{} measured operating points of this rail under load; volts are relative to a floor of "
      "0.8 V taken from Tegra210",
      count);
  for (auto* from : {&parameters.gpu.from, &parameters.soc.from, &parameters.memory.from}) {
    *from = {origin::fitted, source};
  }
  parameters.cpu.from = {
      origin::derived,
      "one spinning core at the highest clock was measured and a quiescent figure published; the way "
      "between follows V²f with a voltage curve of Tegra210's shape"};
  parameters.power.from = {origin::fitted,
                           "board input against the sum of rails, memory utilisation counter; idle share from one "
                           "published quiescent figure"};
  fit_heat(parameters, board, rows);
}

}  // namespace dvfo::device::simulated
