#pragma once

#include <functional>

#include "actors/interfaces.hpp"

namespace dvfo::actors {

/// Sets a board's clocks and says what came of it; device::frequency_control::apply. May block; called on the actor's
/// own thread alone. Whoever owns the board's files is destroyed with the function, on that thread: that restores them.
using clock_setter = std::function<device::applied_clocks(const device::clocks&)>;

struct frequency_actuator_state {
  static inline const char* name = "frequency_actuator";
  clock_setter apply;
};

frequency_actuator_actor::behavior_type frequency_actuator(
    frequency_actuator_actor::stateful_pointer<frequency_actuator_state> self, clock_setter apply);

/// Starts a frequency actuator on a thread of its own.
frequency_actuator_actor spawn_frequency_actuator(caf::actor_system& system, clock_setter apply);

}  // namespace dvfo::actors
