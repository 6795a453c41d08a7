#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <vector>

#include "policy/scheme.hpp"

namespace dvfo::policy {

/// What a tabular learner of CPU clocks is to minimise.
enum class tabular_goal : std::uint8_t {
  cost,         ///< DVFO Eq. 4: `qlearning-dvfs`
  temperature,  ///< of the die, within a latency guarantee: `cartad`
};

struct tabular_options {
  tabular_goal goal = tabular_goal::cost;
  double max_power_watts = 15.0;   ///< of DVFO Eq. 4
  double learning_rate = 0.1;      ///< of a table's cell; the usual choice
  double discount = 0.5;           ///< a task's clock matters little beyond the next one or two
  double explore_at_first = 1.0;   ///< share of random actions …
  double explore_at_last = 0.05;   ///< … falling to this
  double explore_tasks = 1000.0;   ///< time constant of the fall, in tasks
  double latency_guarantee = 1.2;  ///< cartad: of the quickest task so far
  double missed_guarantee = 5.0;   ///< cartad: penalty, in units of the first task's power
  double celsius_a_bin = 5.0;      ///< cartad: the step of its temperature state
  std::uint64_t seed = 1;
};

/// Tabular Q-learning of the CPU clock; everything runs on the edge, GPU and memory clocks are left alone.
///
/// `qlearning-dvfs`: state: tasks that wait (none, one, more) and the present CPU clock (third of its range); reward −C
/// (DVFO Eq. 14). It stands for QL-HDS (DVFO §7.1), whose states are utilisation and slack in coarse steps.
/// `cartad`: state: temperature in steps, and the present CPU clock; reward: minus the task's mean power, to which the
/// temperature is heading, and a penalty for missing the latency guarantee (docs/schemes.md: what is known of both).
class tabular_dvfs final : public scheme {
 public:
  /// `cpu_hz`: operating points, ascending, not empty: the actions. Throws std::invalid_argument.
  tabular_dvfs(std::vector<double> cpu_hz, const tabular_options& options);

  [[nodiscard]] decision decide(const situation& now) override;
  void observe(const outcome& result) override;
  [[nodiscard]] bool learns() const override { return true; }
  void explore(bool on) override { explores_ = on; }

 private:
  [[nodiscard]] std::size_t state_of(const situation& now) const;
  [[nodiscard]] std::size_t best_action(std::size_t state) const;
  [[nodiscard]] double reward_of(const outcome& result);
  [[nodiscard]] double uniform();

  struct step {
    std::size_t state = 0;
    std::size_t action = 0;
  };

  std::vector<double> cpu_hz_;
  tabular_options options_;
  std::vector<double> table_;  // by state and action
  std::mt19937_64 random_;
  bool explores_ = true;
  double tasks_ = 0.0;
  double eta_ = 0.5;
  std::optional<double> unit_;      // the first task's cost or power: rewards are in units of it
  std::optional<double> quickest_;  // seconds
  std::optional<step> now_;         // decided, not yet observed
  std::optional<step> before_;      // observed, waits for the state that it led to
  double reward_ = 0.0;             // of before_
};

}  // namespace dvfo::policy
