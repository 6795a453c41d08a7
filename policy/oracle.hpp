#pragma once

#include <functional>

#include "policy/environment/task_physics.hpp"
#include "policy/scheme.hpp"

namespace dvfo::policy {

/// The best that physics allows for one task.
struct best_decision {
  decision chosen;
  prediction expected;
  double cost = 0.0;  ///< DVFO Eq. 4
};

/// Exhaustive search over every operating point of every knob and every share, at clocks that hold all through the
/// task. Some milliseconds. `max_power_watts`: MaxPower of DVFO Eq. 4.
best_decision search(const task_physics& physics, const link_conditions& link, double eta, double max_power_watts,
                     double celsius);

/// `oracle`: decides by the true physics and the true link, which `truth` tells.
class oracle_scheme final : public scheme {
 public:
  struct world_now {
    link_conditions link;
    double celsius = 40.0;
  };
  /// `physics` must outlive it.
  oracle_scheme(const task_physics& physics, double max_power_watts, std::function<world_now()> truth);

  [[nodiscard]] decision decide(const situation& now) override;
  void observe(const outcome& result) override;

 private:
  const task_physics* physics_;
  double max_power_watts_;
  std::function<world_now()> truth_;
};

}  // namespace dvfo::policy
