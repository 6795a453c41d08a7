#pragma once

#include <functional>
#include <memory>

#include "policy/environment/world.hpp"
#include "policy/scheme.hpp"
#include "policy/task_cost/task_physics.hpp"

namespace dvfo::policy {

/// The best that physics allows for one task.
struct best_decision {
  decision chosen;
  prediction expected;
  double cost = 0.0;  ///< DVFO Eq. 4, and what the queue behind waits where one is given
};

/// Exhaustive search over every operating point of every knob and every share of the features, at clocks that hold all
/// through the task. Some milliseconds; exhaustive_search is the fast one. `max_power_watts`: MaxPower of DVFO Eq. 4.
best_decision search(const task_physics& physics, const link_conditions& link, double eta, double max_power_watts,
                     double celsius);

class exhaustive_search;

/// `oracle`: decides by the true physics, the true link, and the arrivals to come, which `world_of` tells.
///
/// Clocks are the best that hold (all through the task, at the link's present rate), with what the task's time costs
/// those behind it; the share is then the best of every one tried in a copy of the world, at clocks that settle on the
/// way and on a link that changes. Clocks are not chosen by trying, because they pay only from the next task on.
class oracle_scheme final : public scheme {
 public:
  /// `physics`, and the world whenever a decision is asked for, must outlive it. `also_input`: the input may be sent,
  /// too, as DVFO's rivals do.
  oracle_scheme(const task_physics& physics, double max_power_watts, std::function<const world&()> world_of,
                bool also_input = false);
  ~oracle_scheme() override;

  [[nodiscard]] decision decide(const situation& now) override;
  void observe(const outcome& result) override;

 private:
  const task_physics* physics_;
  double max_power_watts_;
  std::function<const world&()> world_of_;
  std::unique_ptr<exhaustive_search> search_;
  double service_seconds_ = 0.0;  // of the newest task, as a guess at those behind it
};

/// `certainty-equivalent`: the same search with what can be sensed in place of the truth, as if the estimate were
/// certain and nobody waited. What it loses against the oracle is foreknowledge; what a learned policy loses against it
/// is learning.
class certainty_equivalent_scheme final : public scheme {
 public:
  /// `physics` must outlive it.
  certainty_equivalent_scheme(const task_physics& physics, double max_power_watts);
  ~certainty_equivalent_scheme() override;

  [[nodiscard]] decision decide(const situation& now) override;
  void observe(const outcome& result) override;

 private:
  double max_power_watts_;
  std::unique_ptr<exhaustive_search> search_;
};

}  // namespace dvfo::policy
