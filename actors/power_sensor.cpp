#include "actors/power_sensor.hpp"

#include <algorithm>
#include <utility>

#include <caf/actor_system.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/caf_compat.hpp"

namespace dvfo::actors {
namespace {

using power_sensor_pointer = power_sensor_actor::stateful_pointer<power_sensor_state>;

void read_and_tell(power_sensor_pointer self) {
  const auto reading = self->state.options.read(self->clock().now());
  for (const auto& listener : self->state.listeners) self->send(listener, reading);
}

/// Reads until the lease is over, then sleeps until somebody watches again.
void tick(power_sensor_pointer self) {
  self->state.is_ticking = self->clock().now() < self->state.watched_until;
  if (!self->state.is_ticking) return;
  read_and_tell(self);
  self->delayed_send(self, request_timeout(self->state.options.interval), tick_atom{});
}

void watch(power_sensor_pointer self) {
  auto& state = self->state;
  state.watched_until = self->clock().now() + std::chrono::duration_cast<time_point::duration>(state.options.lease);
  if (!state.is_ticking) tick(self);
}

}  // namespace

power_sensor_actor::behavior_type power_sensor(power_sensor_pointer self, power_sensor_options options) {
  drop_strangers(self);
  self->state.options = std::move(options);
  return {
      [self](join_atom, power_listener& listener) { self->state.listeners.push_back(std::move(listener)); },
      [self](watch_atom) { watch(self); },
      [self](tick_atom) { tick(self); },
  };
}

power_sensor_actor spawn_power_sensor(caf::actor_system& system, power_sensor_options options) {
  return system.spawn<caf::detached>(power_sensor, std::move(options));
}

}  // namespace dvfo::actors
