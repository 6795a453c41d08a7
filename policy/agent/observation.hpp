#pragma once

#include <span>
#include <string>
#include <vector>

#include "policy/agent/action_grid.hpp"
#include "policy/decision.hpp"
#include "policy/task_cost/task_physics.hpp"

namespace dvfo::policy {

/// Changes whenever a feature changes its place or its meaning; a policy bundle of another version is refused.
inline constexpr int observation_version = 1;

/// What an unknown link is taken for: so slow that nobody would send much, until it has been measured.
inline constexpr link_conditions unknown_link{.bandwidth_bps = 2e5, .rtt_seconds = 0.08};
/// What an unknown temperature is taken for: where the boards' leakage is meant.
inline constexpr double usual_celsius = 45.0;

/// Turns situations of one board and one model into what the Q-network sees: S = {λ, η, x~p(a), B} (DVFO §5.1), the
/// previous action, the vector to go, t_AS/H, telemetry, and descriptors. Everything is about 1 in size. Board and
/// model appear by what the board's physics says of them, never by a name, so that one network serves them all.
/// Not thread-safe (buffers); `physics` must outlive it.
class observer {
 public:
  /// `max_power_watts`: MaxPower of DVFO Eq. 4.
  observer(const task_physics& physics, action_grid grid, double max_power_watts);

  /// Floats of an observation.
  static int size();
  /// Name of each float, for manifests and messages.
  static std::vector<std::string> names();

  /// Writes size() floats. Throws std::invalid_argument naming what is not finite, negative or outside its range, and
  /// what was expected. Bandwidth and round trip that are not known yet count as a slow link; a link that is down has
  /// link_up 0.
  void write(const situation& now, std::span<float> out) const;

  /// The least cost that a few plain decisions would have: shares at the highest and at middle clocks. A scale for
  /// rewards, in joules.
  [[nodiscard]] double reference_cost(double eta, const link_conditions& link, double celsius) const;

  /// Seconds of a task on the edge alone at the highest clocks.
  [[nodiscard]] double edge_seconds() const { return edge_seconds_; }

 private:
  void describe(std::vector<float>& out) const;

  const task_physics* physics_;
  action_grid grid_;
  double max_power_watts_;
  device::simulated::operating_clocks highest_;
  device::simulated::operating_clocks middle_;
  double edge_seconds_;
  std::vector<float> fixed_;  // descriptors of board and model
};

}  // namespace dvfo::policy
