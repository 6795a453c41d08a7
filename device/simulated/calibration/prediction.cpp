#include "device/simulated/calibration/prediction.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "device/simulated/specifications.hpp"

namespace dvfo::device::simulated {
namespace {

/// Collects the table; rows of equal name, quantity and object are one.
class collector {
 public:
  error_row& row(const std::string& name, const char* quantity, const std::string& of, origin how) {
    const auto found = std::find_if(rows_.begin(), rows_.end(), [&](const error_row& r) {
      return r.name == name && r.quantity == quantity && r.of == of;
    });
    if (found != rows_.end()) return *found;
    rows_.push_back({name, quantity, of, 0, {}, {}, how, {}});
    return rows_.back();
  }

  void compare(error_row& into, double predicted, double measured) {
    const double error = std::abs(predicted / measured - 1.0);
    const auto before = static_cast<double>(into.count);
    into.mean_error = (into.mean_error.value_or(0.0) * before + error) / (before + 1.0);
    into.max_error = std::max(into.max_error.value_or(0.0), error);
    ++into.count;
  }

  std::vector<error_row> take() { return std::move(rows_); }

 private:
  std::vector<error_row> rows_;
};

void add_unpredicted(collector& table, const measurement& row, const std::string& why) {
  const auto mark = [&](error_row& into) {
    ++into.count;
    into.note = why;
  };
  if (row.seconds) mark(table.row(row.label, "latency", "task", origin::derived));
  for (const auto& [rail, watts] : row.rail_watts) mark(table.row(rail, "power", row.label, origin::derived));
  if (row.wall_watts) mark(table.row(row.label, "power", "wall", origin::derived));
}

void add_rails(collector& table, const physics& board, const measurement& row, const prediction& expected) {
  const auto& rails = board.rails();
  for (const auto& measured : row.rail_watts) {
    const auto rail =
        std::find_if(rails.begin(), rails.end(), [&](const rail_parameters& r) { return r.name == measured.first; });
    if (rail == rails.end()) continue;
    const auto index = static_cast<std::size_t>(rail - rails.begin());
    // A rail that carries one part alone has that part's origin; sums have the GPU's, their largest part.
    const auto& p = board.parameters();
    const origin how = rail->gpu > 0.0   ? p.gpu.from.how
                       : rail->cpu > 0.0 ? p.cpu.from.how
                       : rail->soc > 0.0 ? p.soc.from.how
                                         : p.memory.from.how;
    table.compare(table.row(rail->name, "power", row.label, how), board.rail_watts(expected.busy.watts, index),
                  measured.second);
  }
}

}  // namespace

std::optional<work_cost> cost_of_row(const physics& board, const measurement& row) {
  if (auto measured = board.measured_network(row.network)) return measured;
  const auto* known = find_network(row.network.substr(0, row.network.find(" x")));
  if (known == nullptr) return std::nullopt;
  const auto& specification = find_specification(board.parameters().board);
  return board.cost_of(workload_of(*known, specification.element_bytes, row.batch));
}

prediction predict(const physics& board, const measurement& row, const work_cost& cost) {
  prediction out;
  out.latency_origin = cost.how;
  double celsius = row.celsius.value_or(board.parameters().thermal.ambient_celsius);
  double cool = celsius;
  // Leakage heats and heat leaks: three rounds settle both to a milliwatt.
  for (int round = 0; round < 3; ++round) {
    out.busy = board.run(cost, row.at, celsius);
    out.idle = board.idle(row.at, cool);
    if (!row.celsius) celsius = board.steady_celsius(out.busy.watts.input);
    cool = board.steady_celsius(out.idle.input);
  }
  return out;
}

std::vector<error_row> error_table(const physics& board, const std::vector<measurement>& rows) {
  collector table;
  for (const auto& row : rows) {
    const auto cost = cost_of_row(board, row);
    if (!row.unsupported.empty() || !cost) {
      add_unpredicted(table, row,
                      row.unsupported.empty()
                          ? fmt::format("not predicted: {} has no parameters and no published workload", row.label)
                          : "not predicted: " + row.unsupported);
      continue;
    }
    const auto expected = predict(board, row, *cost);
    if (row.seconds) {
      auto& into = table.row(row.label, "latency", "task", cost->how);
      table.compare(into, expected.busy.seconds, *row.seconds);
      if (cost->how == origin::derived) into.note = "by its published operations, bytes and layers";
    }
    add_rails(table, board, row, expected);
    const auto wall_origin = board.parameters().wall.from.how;
    if (row.wall_watts) {
      table.compare(table.row(row.label, "power", "wall", wall_origin), board.wall_watts(expected.busy.watts),
                    *row.wall_watts);
    }
    if (row.idle_wall_watts) {
      auto& into = table.row(row.label + " (idle)", "power", "wall", wall_origin);
      table.compare(into, board.wall_watts(expected.idle), *row.idle_wall_watts);
      into.note = "against the least sample of the run";
    }
  }
  return table.take();
}

}  // namespace dvfo::device::simulated
