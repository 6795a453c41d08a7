#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "actors/interfaces.hpp"
#include "link/estimator.hpp"
#include "link/probing.hpp"

namespace dvfo::actors {

struct bandwidth_sensor_options {
  std::uint64_t bundle_id = 0;  ///< said in a probe's hello
  std::chrono::duration<double> first_silence = link::probing::first_silence;
  std::chrono::duration<double> longest_silence = link::probing::longest_silence;
};

struct bandwidth_sensor_state {
  static inline const char* name = "bandwidth_sensor";

  bandwidth_sensor_options options;
  link::estimator estimate;
  std::vector<bandwidth_listener> listeners;
  std::optional<link_up> link;
  std::chrono::duration<double> silence{};  ///< before the next probe
  time_point newest_transfer;               ///< that was no probe
  std::uint64_t timer = 0;                  ///< number of the probe timer that counts
};

bandwidth_sensor_actor::behavior_type bandwidth_sensor(
    bandwidth_sensor_actor::stateful_pointer<bandwidth_sensor_state> self, bandwidth_sensor_options options);

/// Starts a bandwidth sensor. It probes a link that comes up once, then only after silence, ever more rarely.
bandwidth_sensor_actor spawn_bandwidth_sensor(caf::actor_system& system, bandwidth_sensor_options options);

}  // namespace dvfo::actors
