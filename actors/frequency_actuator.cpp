#include "actors/frequency_actuator.hpp"

#include <utility>

#include <caf/actor_system.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/caf_compat.hpp"

namespace dvfo::actors {

frequency_actuator_actor::behavior_type frequency_actuator(
    frequency_actuator_actor::stateful_pointer<frequency_actuator_state> self, clock_setter apply) {
  drop_strangers(self);
  self->state.apply = std::move(apply);
  return {
      [self](apply_atom, const device::clocks& order) {
        return guarded([&] { return self->state.apply(order); }, ec::internal);
      },
  };
}

frequency_actuator_actor spawn_frequency_actuator(caf::actor_system& system, clock_setter apply) {
  return system.spawn<caf::detached>(frequency_actuator, std::move(apply));
}

}  // namespace dvfo::actors
