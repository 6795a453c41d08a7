#include "device/simulated/calibration/latency_fit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "device/error.hpp"
#include "device/simulated/calibration/least_squares.hpp"

namespace dvfo::device::simulated {
namespace {

// What is believed before any measurement, and how firmly (standard deviation of the logarithm).
struct belief {
  double value;
  double spread;
};
constexpr belief norm_belief{3.0, 0.15};  // four networks on TX2 gave 2.7 to 3.9
constexpr belief exponent_belief{0.25,
                                 0.3};  // TX2 and MLPerf networks: rate grows with about this power of kernel size
constexpr belief bus_share_belief{0.8, 0.2};      // share of the peak memory rate that streaming reaches
constexpr belief reread_belief{0.02, 1.0};        // elements read again an operation
constexpr belief launch_cycles_belief{2e4, 1.0};  // about 10 µs a kernel on one core at 2 GHz
constexpr belief peak_share_belief{0.6, 0.7};     // share of the peak rate that a kernel of 1e9 operations reaches

// How far a network may lie from the mapping (standard deviation of the logarithm of a, b and c).
constexpr double gpu_spread = 0.3;
constexpr double memory_spread = 0.4;
constexpr double cpu_spread = 1.5;

// Winograd's F(2×2, 3×3) does a 3×3 convolution with 2.25 times fewer multiplications, so "operations" may exceed the
// peak.
constexpr double winograd_gain = 2.25;

// Measurements repeat within 0.5 %; between MLPerf rounds software changed, so a few rows are met less exactly.
constexpr double sweep_spread = 0.005;
constexpr double single_spread = 0.02;

struct group {
  std::string name;
  workload work;
  bool has_work = false;
  std::vector<const measurement*> rows;
};

std::vector<group> group_rows(const board_specification& board, std::span<const measurement> rows) {
  std::vector<group> groups;
  for (const auto& row : rows) {
    if (!row.seconds || !row.unsupported.empty()) continue;
    auto found = std::find_if(groups.begin(), groups.end(), [&](const group& g) { return g.name == row.network; });
    if (found == groups.end()) {
      found = groups.insert(groups.end(), group{row.network, {}, false, {}});
      if (const auto* known = find_network(row.network.substr(0, row.network.find(" x")))) {
        found->work = workload_of(*known, board.element_bytes, row.batch);
        found->has_work = true;
      }
    }
    found->rows.push_back(&row);
  }
  return groups;
}

constexpr std::size_t map_unknowns = 5;
constexpr std::size_t network_unknowns = 4;

latency_parameters mapping(const board_specification& board, std::span<const double> values) {
  latency_parameters map;
  map.flops_per_gpu_cycle = values[0];
  map.saturation_exponent = values[1];
  map.peak_flops_per_gpu_cycle = winograd_gain * board.peak_flops_per_gpu_cycle;
  map.memory_clocks_per_byte = values[2];
  map.memory_clocks_per_flop = values[3];
  map.cpu_cycles_per_launch = values[4];
  map.norm = norm_belief.value;
  return map;
}

// The mapping alone, through the very code that serves everybody else.
work_cost mapped(const latency_parameters& map, const workload& work) {
  board_parameters parameters;
  parameters.latency = map;
  parameters.clocks.cpu_hz = parameters.clocks.gpu_hz = parameters.clocks.memory_hz = {1e9};
  parameters.rails.emplace_back();
  return physics(parameters).cost_of(work);
}

double seconds_of(const work_cost& cost, const operating_clocks& at) {
  const double gpu = std::pow(cost.gpu_cycles / at.gpu_hz, cost.norm);
  const double memory = std::pow(cost.memory_clocks / at.memory_hz, cost.norm);
  return std::pow(gpu + memory, 1.0 / cost.norm) + cost.cpu_cycles / at.cpu_hz;
}

unknown around(double value, double factor = 1e3) { return {value, value / factor, value * factor}; }

std::vector<double> believed_map(const board_specification& board) {
  return {peak_share_belief.value * board.peak_flops_per_gpu_cycle, exponent_belief.value,
          1.0 / (bus_share_belief.value * board.bus_bytes_per_clock),
          reread_belief.value * board.element_bytes / board.bus_bytes_per_clock, launch_cycles_belief.value};
}

struct solution {
  latency_parameters map;
  std::vector<work_cost> costs;  // one a group
};

solution solve(const board_specification& board, const std::vector<group>& groups) {
  const auto believed = believed_map(board);
  const double spreads[map_unknowns] = {peak_share_belief.spread, exponent_belief.spread, bus_share_belief.spread,
                                        reread_belief.spread, launch_cycles_belief.spread};
  std::vector<unknown> unknowns;
  unknowns.reserve(map_unknowns + network_unknowns * groups.size());
  for (const double value : believed) unknowns.push_back(around(value));
  unknowns[1] = {exponent_belief.value, 0.02, 0.8};
  const auto start = mapping(board, believed);
  for (const auto& each : groups) {
    // A network without published figures starts from its own rows: all of its time on the GPU.
    const auto& row = *each.rows.front();
    const auto cost = each.has_work ? mapped(start, each.work)
                                    : work_cost{0.0,
                                                *row.seconds * row.at.gpu_hz,
                                                0.3 * *row.seconds * row.at.memory_hz,
                                                0.03 * *row.seconds * row.at.cpu_hz,
                                                norm_belief.value,
                                                origin::fitted};
    unknowns.push_back(around(cost.gpu_cycles));
    unknowns.push_back(around(cost.memory_clocks));
    unknowns.push_back(around(cost.cpu_cycles));
    unknowns.push_back({norm_belief.value, 1.2, 10.0});
  }
  const auto cost_at = [&](std::span<const double> values, std::size_t i) {
    const auto own = values.subspan(map_unknowns + network_unknowns * i, network_unknowns);
    return work_cost{groups[i].work.flops, own[0], own[1], own[2], own[3], origin::fitted};
  };
  const auto values = least_squares(unknowns, [&](std::span<const double> at, std::vector<double>& out) {
    out.clear();
    const auto map = mapping(board, at);
    for (std::size_t i = 0; i < map_unknowns; ++i) out.push_back(std::log(at[i] / believed[i]) / spreads[i]);
    for (std::size_t i = 0; i < groups.size(); ++i) {
      const auto cost = cost_at(at, i);
      const double spread = groups[i].rows.size() >= 8 ? sweep_spread : single_spread;
      for (const auto* row : groups[i].rows) {
        out.push_back(std::log(seconds_of(cost, row->at) / *row->seconds) / spread);
      }
      const auto& base = unknowns;
      const std::size_t own = map_unknowns + network_unknowns * i;
      const auto expected = groups[i].has_work
                                ? mapped(map, groups[i].work)
                                : work_cost{0.0, base[own].start, base[own + 1].start, base[own + 2].start, 3.0, {}};
      const double loose = groups[i].has_work ? 1.0 : 5.0;
      out.push_back(std::log(cost.gpu_cycles / expected.gpu_cycles) / (loose * gpu_spread));
      out.push_back(std::log(cost.memory_clocks / expected.memory_clocks) / (loose * memory_spread));
      out.push_back(std::log(cost.cpu_cycles / expected.cpu_cycles) / (loose * cpu_spread));
      out.push_back(std::log(cost.norm / norm_belief.value) / norm_belief.spread);
    }
  });
  solution found{mapping(board, values), {}};
  for (std::size_t i = 0; i < groups.size(); ++i) found.costs.push_back(cost_at(values, i));
  return found;
}

void add_error(left_out_error& total, double predicted, double measured, std::size_t count) {
  const double error = std::abs(predicted / measured - 1.0);
  total.mean += error / static_cast<double>(count);
  total.max = std::max(total.max, error);
}

// Each GPU clock of a network left out in turn; networks with two clocks or fewer are not worth the exercise.
std::vector<left_out_error> leave_clocks_out(const board_specification& board, const std::vector<group>& groups) {
  std::vector<left_out_error> out;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    std::set<double> clocks;
    for (const auto* row : groups[i].rows) clocks.insert(row->at.gpu_hz);
    if (clocks.size() < 3) continue;
    left_out_error total{groups[i].name};
    for (const double clock : clocks) {
      auto fewer = groups;
      std::erase_if(fewer[i].rows, [&](const measurement* row) { return row->at.gpu_hz == clock; });
      const auto found = solve(board, fewer);
      for (const auto* row : groups[i].rows) {
        if (row->at.gpu_hz != clock) continue;
        add_error(total, seconds_of(found.costs[i], row->at), *row->seconds, groups[i].rows.size());
      }
    }
    out.push_back(total);
  }
  return out;
}

std::vector<left_out_error> leave_networks_out(const board_specification& board, const std::vector<group>& groups) {
  std::vector<left_out_error> out;
  if (groups.size() < 2) return out;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (!groups[i].has_work) continue;
    auto fewer = groups;
    // The same network at another batch size would give it away.
    const auto stem = groups[i].name.substr(0, groups[i].name.find(" x"));
    std::erase_if(fewer, [&](const group& g) { return g.name.substr(0, g.name.find(" x")) == stem; });
    const auto cost = mapped(solve(board, fewer).map, groups[i].work);
    left_out_error total{groups[i].name};
    for (const auto* row : groups[i].rows)
      add_error(total, seconds_of(cost, row->at), *row->seconds, groups[i].rows.size());
    out.push_back(total);
  }
  return out;
}

latency_fit derive(const board_specification& board, const latency_parameters* reference,
                   const board_specification* reference_board) {
  if (reference == nullptr || reference_board == nullptr) {
    throw error(errc::bad_argument,
                fmt::format("no latency was measured on {} and no other board can stand in for it; give --measurements "
                            "with rows of this board",
                            board.board));
  }
  latency_fit out;
  out.latency = *reference;
  auto& map = out.latency;
  map.flops_per_gpu_cycle *= board.peak_flops_per_gpu_cycle / reference_board->peak_flops_per_gpu_cycle;
  map.peak_flops_per_gpu_cycle *= board.peak_flops_per_gpu_cycle / reference_board->peak_flops_per_gpu_cycle;
  map.memory_clocks_per_byte *= reference_board->bus_bytes_per_clock / board.bus_bytes_per_clock;
  map.memory_clocks_per_flop *= reference_board->bus_bytes_per_clock / board.bus_bytes_per_clock * board.element_bytes /
                                reference_board->element_bytes;
  map.from = {origin::derived,
              fmt::format("no latency of this board was at hand: the mapping of {}, scaled by peak rate, bus width and "
                          "element size; left_out_error is that board's",
                          reference_board->board)};
  return out;
}

}  // namespace

latency_fit fit_latency(const board_specification& board, std::span<const measurement> rows,
                        const latency_parameters* reference, const board_specification* reference_board) {
  const auto groups = group_rows(board, rows);
  if (groups.empty()) return derive(board, reference, reference_board);
  const auto found = solve(board, groups);
  latency_fit out;
  out.latency = found.map;
  out.by_clock = leave_clocks_out(board, groups);
  out.by_network = leave_networks_out(board, groups);
  for (const auto& each : out.by_network) {
    out.latency.left_out_error += each.mean / static_cast<double>(out.by_network.size());
  }
  out.latency.from = {origin::fitted,
                      fmt::format("{} measured networks; left_out_error: mean relative error for each of them when the "
                                  "others alone are known",
                                  groups.size())};
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const auto& cost = found.costs[i];
    left_out_error fit{groups[i].name};
    for (const auto* row : groups[i].rows) {
      add_error(fit, seconds_of(cost, row->at), *row->seconds, groups[i].rows.size());
    }
    out.networks.push_back({groups[i].name,
                            {origin::fitted, fmt::format("{} measurements; what they leave open follows the mapping",
                                                         groups[i].rows.size())},
                            groups[i].work,
                            cost.gpu_cycles,
                            cost.memory_clocks,
                            cost.cpu_cycles,
                            cost.norm,
                            fit.mean});
  }
  return out;
}

}  // namespace dvfo::device::simulated
