#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "actors/interfaces.hpp"
#include "policy/scheme.hpp"

namespace dvfo::actors {

/// How often a decision was there when a task came.
struct decision_counts {
  std::uint64_t ready = 0;  ///< thought out ahead and used as it was
  std::uint64_t late = 0;   ///< a task had to ask and wait
  std::uint64_t stale = 0;  ///< ready, but the state had moved on when it was used
};

/// The scheme, the newest sensed state and the decision that is ready.
struct policy_state {
  static inline const char* name = "policy";

  /// The decision for a task that asks. Decides on the spot: what was prepared is with the listener, or was for other
  /// terms.
  prepared_decision take(const task_terms& terms);

  /// The listener used a prepared decision.
  void on_taken(const decision_taken& taken);

  /// Thinks out the next decision from what is known now, for the terms of the last task.
  prepared_decision prepare();

  std::shared_ptr<policy::scheme> scheme;
  policy::situation situation;
  decision_listener listener;  ///< null until one joins
  std::uint64_t number = 0;    ///< of the newest decision
  decision_counts counts;
};

policy_actor::behavior_type policy_holder(policy_actor::stateful_pointer<policy_state> self,
                                          std::shared_ptr<policy::scheme> scheme);

/// Starts the owner of `scheme`; nobody else may use it from now on.
policy_actor spawn_policy(caf::actor_system& system, std::shared_ptr<policy::scheme> scheme);

}  // namespace dvfo::actors
