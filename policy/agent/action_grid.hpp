#pragma once

#include <array>
#include <vector>

#include "policy/agent/action_space.hpp"
#include "policy/decision.hpp"
#include "policy/task_cost/task_physics.hpp"

namespace dvfo::policy {

/// One board's operating points and one model's shares as levels of one action space that serves all boards: each point
/// has the level nearest to it in rank, the lowest point level 0, the highest the last. A board with fewer points than
/// levels leaves some out; one with more keeps those points that are nearest to a level. Immutable, thread-safe.
class action_grid {
 public:
  /// `sizes`: levels of (f_C, f_G, f_M, ξ). Throws std::invalid_argument for a knob of fewer than two levels.
  action_grid(const device::simulated::physics& board, const task_model& model, const levels& sizes);

  [[nodiscard]] const levels& sizes() const { return sizes_; }
  [[nodiscard]] const level_mask& mask() const { return mask_; }

  /// `which` must be levels that the mask allows.
  [[nodiscard]] decision to_decision(const levels& which) const;

  /// A decision's knobs as 0 (lowest) to 1 (highest), by rank; a clock that is absent counts as its highest.
  [[nodiscard]] std::array<float, knob_count> to_ranks(const device::clocks& clocks, double share) const;

 private:
  levels sizes_;
  std::array<std::vector<double>, knob_count> points_;  // of the board, ascending; the last: shares
  std::array<std::vector<double>, knob_count> values_;  // by level; where the mask is 0, without meaning
  level_mask mask_;
};

}  // namespace dvfo::policy
