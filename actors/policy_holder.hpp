#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "actors/interfaces.hpp"
#include "policy/scheme.hpp"

namespace dvfo::actors {

/// The scheme, the newest sensed state and the decision that is ready.
struct policy_state {
  static inline const char* name = "policy";

  /// The decision for a task that asks. Decides on the spot: what was prepared is with the listener, or was for other
  /// terms.
  prepared_decision take(const task_terms& terms);

  /// The newest of the link. True where it is noticeably another one than the newest decision was made for.
  bool on_reading(const bandwidth_reading& reading);

  /// The newest of board and tasks.
  void on_sensed(const sensed_state& sensed);

  /// The listener used a prepared decision, or the default one.
  void on_taken(const decision_taken& taken);

  /// Thinks out the next decision from what is known now, for the terms of the last task.
  prepared_decision prepare();

  std::shared_ptr<policy::scheme> scheme;
  policy::situation situation;
  decision_listener listener;         ///< null until one joins, and where nothing is thought out ahead
  std::uint64_t number = 0;           ///< of the newest decision …
  std::optional<double> decided_bps;  ///< … and the bandwidth that it was made for
  decision_counts counts;
};

struct policy_options {
  task_terms first = {};     ///< that the first decision is thought out for
  bool is_blocking = false;  ///< nothing is thought out ahead: every task asks, and waits for its decision
  /// Hears of every task that was answered; empty: nothing is remembered. Must not block or throw.
  std::function<void(policy::experience)> remember = {};
};

policy_actor::behavior_type policy_holder(policy_actor::stateful_pointer<policy_state> self,
                                          std::shared_ptr<policy::scheme> scheme, policy_options options);

/// Starts the owner of `scheme`; nobody else may use it from now on.
policy_actor spawn_policy(caf::actor_system& system, std::shared_ptr<policy::scheme> scheme,
                          policy_options options = {});

}  // namespace dvfo::actors
