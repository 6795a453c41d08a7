#include "policy/training/regret.hpp"

#include <algorithm>
#include <stdexcept>

#include "policy/cost.hpp"
#include "policy/environment/world.hpp"
#include "policy/schemes/exhaustive_search.hpp"

namespace dvfo::policy {
namespace {

constexpr int settling_tasks = 4;
constexpr int counted_tasks = 4;

/// Seconds between tasks: more than any decision takes that could be any good.
double interval_of(const regret_cell& cell) {
  const double sending = 8.0 * cell.scenario->physics->model().ways.back().wire_up_bytes / cell.bandwidth_bps;
  return 20.0 * cell.scenario->sees->edge_seconds() + 2.0 * sending + cell.rtt_seconds;
}

/// Mean cost of a task once everything has settled, and the last decision.
void run(regret_cell& cell, const decider& decide, thinking how, double think_seconds, double& cost, decision& last) {
  const auto link = link::trace::constant(cell.bandwidth_bps);
  arrivals when;
  when.mean_seconds = interval_of(cell);
  world here(
      *cell.scenario->physics, link,
      {.rtt_seconds = cell.rtt_seconds, .eta = cell.eta, .when = when, .seed = 1, .probe_seconds = when.mean_seconds});
  here.next_arrival();
  auto sensed = here.sense();
  cost = 0.0;
  for (int task = 0; task < settling_tasks + counted_tasks; ++task) {
    if (how == thinking::blocking) {
      sensed = here.sense();
      here.hold(think_seconds);
    }
    last = decide(*cell.scenario, sensed);
    const auto result = here.run(last, &sensed);
    here.next_arrival();
    if (task < settling_tasks) continue;
    cost += task_cost(cell.eta, result.eti_estimated_joules.value_or(0.0), result.tti, cell.scenario->max_power_watts) /
            counted_tasks;
  }
}

}  // namespace

regret_grid::regret_grid(const std::vector<training_scenario>& scenarios, const regret_axes& axes) {
  for (const auto& scenario : scenarios) {
    const auto& board = scenario.physics->board();
    const exhaustive_search oracle(*scenario.physics);
    const double celsius = board.steady_celsius(board.idle(board.lowest(), 45.0).input);
    for (const double eta : axes.eta) {
      for (const double bps : axes.bandwidth_bps) {
        for (const double rtt : axes.rtt_seconds) {
          regret_cell cell{
              .scenario = &scenario, .eta = eta, .bandwidth_bps = bps, .rtt_seconds = rtt, .oracle = {}, .chosen = {}};
          cell.oracle =
              oracle.best({.bandwidth_bps = bps, .rtt_seconds = rtt}, eta, scenario.max_power_watts, celsius).chosen;
          decision last;
          run(
              cell, [&](const training_scenario&, const situation&) { return cell.oracle; }, thinking::concurrent, 0.0,
              cell.oracle_cost, last);
          cells_.push_back(cell);
        }
      }
    }
  }
  if (cells_.empty()) throw std::invalid_argument("regret needs at least one scenario and one point on every axis");
}

regret_report regret_grid::judge(const decider& decide, thinking how, double think_seconds) const {
  regret_report out;
  out.cells = cells_;
  out.worst = -1.0;
  for (auto& cell : out.cells) {
    run(cell, decide, how, think_seconds, cell.cost, cell.chosen);
    out.mean += cell.regret() / static_cast<double>(out.cells.size());
    out.worst = std::max(out.worst, cell.regret());
  }
  return out;
}

}  // namespace dvfo::policy
