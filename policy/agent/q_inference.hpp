#pragma once

#include <span>

#include "policy/agent/q_network.hpp"

namespace dvfo::policy {

/// A trained Q-network as a scheme uses it: the best action for one observation, in microseconds, without allocating.
/// Not thread-safe: it has buffers of its own; copies are independent.
class q_inference {
 public:
  q_inference(q_network network, const action_space& actions);

  [[nodiscard]] const action_space& actions() const { return actions_; }

  /// `observation` must be as long as the network's input.
  [[nodiscard]] levels best(std::span<const float> observation, const level_mask& allowed) noexcept;

  /// Q of one action for the observation that best() saw last.
  [[nodiscard]] float value(const levels& action) const noexcept;

 private:
  q_network network_;
  action_space actions_;
  q_network::batch at_;
};

}  // namespace dvfo::policy
