#include "device/simulated/physics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "device/error.hpp"

namespace dvfo::device::simulated {
namespace {

constexpr double reference_celsius = 45.0;  // leakage_watts is meant at this temperature

// Nearest of ascending points, the lower of two equally near.
double nearest(const std::vector<double>& points, double hz) {
  const auto above = std::lower_bound(points.begin(), points.end(), hz);
  if (above == points.begin()) return points.front();
  if (above == points.end()) return points.back();
  const double below = *(above - 1);
  return *above - hz < hz - below ? *above : below;
}

// Highest point not above the cap; the lowest point when the cap is below them all.
double below_cap(const std::vector<double>& points, double hz, const std::optional<double>& cap) {
  if (!cap || hz <= *cap) return hz;
  const auto above = std::upper_bound(points.begin(), points.end(), *cap);
  return above == points.begin() ? points.front() : *(above - 1);
}

double square(double x) { return x * x; }

}  // namespace

physics::physics(board_parameters parameters) : parameters_(std::move(parameters)) {
  const auto& clocks = parameters_.clocks;
  if (clocks.cpu_hz.empty() || clocks.gpu_hz.empty() || clocks.memory_hz.empty() || parameters_.rails.empty()) {
    throw error(errc::bad_argument,
                fmt::format("the parameters of board '{}' lack operating points or rails", parameters_.board));
  }
}

work_cost physics::cost_of(const workload& work) const {
  for (const double figure : {work.flops, work.bytes, work.launches, work.cpu_cycles}) {
    if (!(figure >= 0.0 && std::isfinite(figure))) {
      throw error(
          errc::bad_argument,
          fmt::format("a workload of {} operations, {} bytes, {} launches and {} CPU cycles: every figure must be "
                      "0 or more",
                      work.flops, work.bytes, work.launches, work.cpu_cycles));
    }
  }
  const auto& map = parameters_.latency;
  work_cost cost;
  cost.flops = work.flops;
  cost.norm = map.norm;
  if (work.flops > 0.0) {
    const double kernel = work.flops / std::max(work.launches, 1.0) / 1e9;
    const double rate = map.flops_per_gpu_cycle * std::pow(kernel, map.saturation_exponent);
    cost.gpu_cycles = work.flops / std::min(rate, map.peak_flops_per_gpu_cycle);
  }
  cost.memory_clocks = map.memory_clocks_per_byte * work.bytes + map.memory_clocks_per_flop * work.flops;
  cost.cpu_cycles = map.cpu_cycles_per_launch * work.launches + work.cpu_cycles;
  return cost;
}

std::optional<work_cost> physics::measured_network(std::string_view name) const {
  for (const auto& network : parameters_.networks) {
    if (network.name == name) {
      return work_cost{network.work.flops, network.gpu_cycles, network.memory_clocks,
                       network.cpu_cycles, network.norm,       network.from.how};
    }
  }
  return std::nullopt;
}

// The p-norm roofline, written so that nothing overflows: the longer of the two times, stretched by the other.
double physics::gpu_seconds(const work_cost& work, const operating_clocks& at) const noexcept {
  const double compute = work.gpu_cycles / at.gpu_hz;
  const double transfer = work.memory_clocks / at.memory_hz;
  const double longer = std::max(compute, transfer);
  const double shorter = std::min(compute, transfer);
  if (shorter <= 0.0) return longer;
  return longer * std::pow(1.0 + std::pow(shorter / longer, work.norm), 1.0 / work.norm);
}

double physics::seconds(const work_cost& work, const operating_clocks& at) const noexcept {
  return gpu_seconds(work, at) + work.cpu_cycles / at.cpu_hz;
}

board_watts physics::watts(const operating_clocks& at, double celsius, double busy_share, double flops_per_second,
                           double bytes_per_second, bool cpu_busy) const noexcept {
  const auto& p = parameters_;
  const double clocked = p.power.idle_share + (1.0 - p.power.idle_share) * busy_share;
  const auto memory_side = [&](const memory_power& part) {
    return part.base_watts + square(volts_at(part.voltage, at.memory_hz)) *
                                 (part.clock_farads * at.memory_hz * clocked + part.byte_farads * bytes_per_second);
  };
  const double gpu_volts_squared = square(volts_at(p.gpu.voltage, at.gpu_hz));
  board_watts result;
  result.gpu = p.gpu.leakage_watts * gpu_volts_squared / square(p.gpu.voltage.floor_volts) *
                   std::exp(p.gpu.leakage_per_kelvin * (celsius - reference_celsius)) +
               gpu_volts_squared * (p.gpu.clock_farads * at.gpu_hz * clocked + p.gpu.flop_farads * flops_per_second);
  result.cpu = p.cpu.idle_watts;
  if (cpu_busy) result.cpu += square(volts_at(p.cpu.voltage, at.cpu_hz)) * p.cpu.core_farads * at.cpu_hz;
  result.soc = memory_side(p.soc);
  result.memory = memory_side(p.memory);
  result.input =
      p.power.input_offset_watts + p.power.input_slope * (result.gpu + result.cpu + result.soc + result.memory);
  return result;
}

work_result physics::run(const work_cost& work, const operating_clocks& at, double celsius) const noexcept {
  const double on_gpu = gpu_seconds(work, at);
  work_result result;
  result.seconds = on_gpu + work.cpu_cycles / at.cpu_hz;
  if (!(result.seconds > 0.0)) {
    result.watts = idle(at, celsius);
    return result;
  }
  const double per_second = 1.0 / result.seconds;
  const double bytes = parameters_.power.traffic_share * parameters_.power.bus_bytes_per_clock * work.memory_clocks;
  result.watts = watts(at, celsius, on_gpu * per_second, work.flops * per_second, bytes * per_second, true);
  return result;
}

board_watts physics::idle(const operating_clocks& at, double celsius) const noexcept {
  return watts(at, celsius, 0.0, 0.0, 0.0, false);
}

double physics::rail_watts(const board_watts& watts, std::size_t index) const noexcept {
  const auto& mix = parameters_.rails[index];
  const double rest = watts.input - watts.gpu - watts.cpu - watts.soc - watts.memory;
  return mix.gpu * watts.gpu + mix.cpu * watts.cpu + mix.soc * watts.soc + mix.memory * watts.memory + mix.rest * rest;
}

double physics::wall_watts(const board_watts& watts) const noexcept {
  return parameters_.wall.offset_watts + parameters_.wall.slope * watts.input;
}

const std::vector<double>& physics::points(knob which) const noexcept {
  const auto& clocks = parameters_.clocks;
  return which == knob::cpu ? clocks.cpu_hz : which == knob::gpu ? clocks.gpu_hz : clocks.memory_hz;
}

operating_clocks physics::highest() const noexcept {
  const auto& clocks = parameters_.clocks;
  return {clocks.cpu_hz.back(), clocks.gpu_hz.back(), clocks.memory_hz.back()};
}

operating_clocks physics::lowest() const noexcept {
  const auto& clocks = parameters_.clocks;
  return {clocks.cpu_hz.front(), clocks.gpu_hz.front(), clocks.memory_hz.front()};
}

double physics::memory_floor_hz(double cpu_hz) const noexcept {
  double floor = 0.0;
  for (const auto& step : parameters_.clocks.memory_floors) {
    if (cpu_hz >= step.cpu_hz) floor = step.memory_hz;
  }
  return floor;
}

operating_clocks physics::effective(const clocks& order, const clocks& caps, bool memory_is_locked) const noexcept {
  const auto settle = [&](const std::vector<double>& points, const std::optional<double>& asked,
                          const std::optional<double>& cap) {
    return below_cap(points, asked ? nearest(points, *asked) : points.back(), cap);
  };
  const auto& table = parameters_.clocks;
  operating_clocks at{settle(table.cpu_hz, order.cpu_hz, caps.cpu_hz), settle(table.gpu_hz, order.gpu_hz, caps.gpu_hz),
                      settle(table.memory_hz, order.memory_hz, caps.memory_hz)};
  if (!memory_is_locked) {
    const double floor = memory_floor_hz(at.cpu_hz);
    if (floor > at.memory_hz) {
      // The floor is a request for at least that rate: the first point that satisfies it, a cap still above all.
      const auto point = std::lower_bound(table.memory_hz.begin(), table.memory_hz.end(), floor);
      at.memory_hz =
          below_cap(table.memory_hz, point == table.memory_hz.end() ? table.memory_hz.back() : *point, caps.memory_hz);
    }
  }
  return at;
}

double physics::steady_celsius(double input_watts) const noexcept {
  return parameters_.thermal.ambient_celsius + parameters_.thermal.kelvin_per_watt * input_watts;
}

double physics::next_celsius(double celsius, double input_watts, double seconds) const noexcept {
  const double target = steady_celsius(input_watts);
  return target + (celsius - target) * std::exp(-seconds / parameters_.thermal.time_constant_seconds);
}

double physics::radio_joules(double bytes, double bits_per_second) const noexcept {
  return parameters_.radio.sending_watts * 8.0 * bytes / bits_per_second;
}

}  // namespace dvfo::device::simulated
