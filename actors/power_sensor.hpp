#pragma once

#include <chrono>
#include <functional>
#include <vector>

#include "actors/defaults.hpp"
#include "actors/interfaces.hpp"

namespace dvfo::actors {

struct power_sensor_options {
  /// Reads the board's power; may block. Called on the actor's own thread alone.
  std::function<power_reading(time_point)> read;
  /// The sensor's own update interval: reading faster returns the same value again.
  std::chrono::duration<double> interval = defaults::power::interval;
  /// How long reading goes on after the last watch_atom.
  std::chrono::duration<double> lease = defaults::power::lease;
};

struct power_sensor_state {
  static inline const char* name = "power_sensor";

  power_sensor_options options;
  std::vector<power_listener> listeners;
  time_point watched_until;
  bool is_ticking = false;
};

power_sensor_actor::behavior_type power_sensor(power_sensor_actor::stateful_pointer<power_sensor_state> self,
                                               power_sensor_options options);

/// Starts a power sensor on a thread of its own.
power_sensor_actor spawn_power_sensor(caf::actor_system& system, power_sensor_options options);

}  // namespace dvfo::actors
