#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "actors/interfaces.hpp"
#include "policy/scheme.hpp"

namespace dvfo::actors {

/// The scheme, the newest sensed state and the decision that is ready.
struct policy_state {
  static inline const char* name = "policy";

  /// The prepared decision; decides on the spot only if nothing is ready.
  policy::decision take(const task_terms& terms);

  /// Prepares the next decision from what is known now.
  void prepare();

  std::shared_ptr<policy::scheme> scheme;
  policy::situation situation;
  std::optional<policy::decision> prepared;
  std::uint64_t unprepared = 0;  ///< tasks that had to wait for a decision
};

policy_actor::behavior_type policy_holder(policy_actor::stateful_pointer<policy_state> self,
                                          std::shared_ptr<policy::scheme> scheme);

/// Starts the owner of `scheme`; nobody else may use it from now on.
policy_actor spawn_policy(caf::actor_system& system, std::shared_ptr<policy::scheme> scheme);

}  // namespace dvfo::actors
