#include "policy/agent/q_inference.hpp"

#include <algorithm>
#include <utility>

namespace dvfo::policy {

q_inference::q_inference(q_network network, const action_space& actions)
    : network_(std::move(network)), actions_(actions), at_(network_.make_batch(1)) {}

levels q_inference::best(std::span<const float> observation, const level_mask& allowed) noexcept {
  std::copy(observation.begin(), observation.end(), at_.input.begin());
  network_.trunk(at_);
  network_.outputs(at_);
  return actions_.best(at_.outputs, allowed);
}

float q_inference::value(const levels& action) const noexcept {
  const auto active = actions_.active(action);
  return network_.value(at_, 0, std::span(active).first(static_cast<std::size_t>(actions_.active_count())));
}

}  // namespace dvfo::policy
