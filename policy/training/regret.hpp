#pragma once

#include <functional>
#include <string>
#include <vector>

#include "policy/training/training_environment.hpp"
#include "policy/training/training_scenario.hpp"

namespace dvfo::policy {

/// The conditions that a policy is judged under: every combination, on every board and network of the scenarios.
struct regret_axes {
  std::vector<double> eta = {0.0, 0.25, 0.5, 0.75, 1.0};
  std::vector<double> bandwidth_bps = {0.5e6, 1e6, 2e6, 5e6, 10e6, 20e6, 50e6};
  std::vector<double> rtt_seconds = {0.004, 0.030};
};

/// One combination.
struct regret_cell {
  const training_scenario* scenario = nullptr;
  double eta = 0.0;
  double bandwidth_bps = 0.0;
  double rtt_seconds = 0.0;
  double oracle_cost = 0.0;  ///< mean joules a task (DVFO Eq. 4)
  double cost = 0.0;         ///< the policy's
  decision oracle;
  decision chosen;  ///< the policy's last
  [[nodiscard]] double regret() const { return cost / oracle_cost - 1.0; }
};

struct regret_report {
  double mean = 0.0;
  double worst = 0.0;
  std::vector<regret_cell> cells;
};

/// How a policy decides; `which` is the scenario.
using decider = std::function<decision(const training_scenario& which, const situation& now)>;

/// Regret of policies in steady state: a link of constant bandwidth, tasks far enough apart that none waits, and the
/// first ones not counted, because there the clocks still settle. The oracle's side is searched for once, in the
/// constructor (some tens of microseconds a cell). Thread-safe after that, if the decider is.
class regret_grid {
 public:
  /// `scenarios` must outlive it.
  regret_grid(const std::vector<training_scenario>& scenarios, const regret_axes& axes);

  /// `think_seconds`: what a blocking policy makes each task wait.
  [[nodiscard]] regret_report judge(const decider& decide, thinking how = thinking::concurrent,
                                    double think_seconds = 0.0) const;

  [[nodiscard]] std::size_t size() const { return cells_.size(); }

 private:
  std::vector<regret_cell> cells_;
};

}  // namespace dvfo::policy
