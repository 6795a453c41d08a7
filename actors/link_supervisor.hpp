#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include <caf/actor.hpp>
#include <caf/typed_response_promise.hpp>

#include "actors/defaults.hpp"
#include "actors/interfaces.hpp"
#include "messages/inference.hpp"

namespace dvfo::actors {

struct link_supervisor_options {
  std::string host;
  std::uint16_t port = 0;
  messages::hello_reply expected;  ///< describe(manifest) of the edge's own bundle, see handshake.hpp
  std::chrono::duration<double> connect_timeout = defaults::link::connect_timeout;
  std::chrono::duration<double> hello_timeout = defaults::link::hello_timeout;
  std::chrono::duration<double> first_retry = defaults::link::first_retry;
  std::chrono::duration<double> longest_retry = defaults::link::longest_retry;
  std::uint32_t suspicious_timeouts = defaults::link::suspicious_timeouts;
  std::uint64_t jitter_seed = 0;  ///< differs between edges, e.g. the process id
  /// Told once of every change of the link, from a thread of the system; a link that stays down or refused is no news,
  /// and how the first attempt failed is what settle_atom answers. May be empty.
  std::function<void(const link_status&)> on_change = {};
};

/// Wait before the attempt that follows `failures` failures in a row (≥ 1): doubles from first to longest, then is
/// stretched by up to defaults::link::retry_jitter. `random` in [0, 1).
std::chrono::duration<double> retry_delay(std::uint32_t failures, std::chrono::duration<double> first,
                                          std::chrono::duration<double> longest, double random);

/// connecting → up on a sound handshake; connecting → refused if the cloud serves another bundle, → down if it cannot
/// be reached; up → down when the cloud dies or leaves too many requests unanswered. From down and refused an attempt
/// follows after back-off.
struct link_supervisor_state {
  static inline const char* name = "link_supervisor";

  /// Tells options.on_change if the link has become another thing than it was last.
  void tell_of_change();

  [[nodiscard]] std::string peer() const { return options.host + ":" + std::to_string(options.port); }

  link_supervisor_options options;
  caf::actor connector;  ///< the middleman, or a test's stand-in: understands (connect_atom, host, port)
  std::vector<link_listener> listeners;
  link_status status;
  remote_inference_actor remote;             ///< null unless up
  link_state told = link_state::connecting;  ///< what on_change knows; connecting: nothing yet
  std::uint64_t generation = 0;              ///< connections so far
  std::uint64_t attempt = 0;                 ///< a retry that names another attempt is stale
  std::uint32_t failures = 0;                ///< attempts in a row
  std::minstd_rand random;
  std::vector<caf::typed_response_promise<link_status>> waiting;  ///< for the first attempt to be decided
};

link_supervisor_actor::behavior_type link_supervisor(
    link_supervisor_actor::stateful_pointer<link_supervisor_state> self, caf::actor connector,
    std::vector<link_listener> listeners, link_supervisor_options options);

/// Starts watching the cloud at host:port through the system's middleman (load it, see system_config.hpp). Tells
/// `listeners` (pipeline, offload, policy) of every change.
link_supervisor_actor spawn_link_supervisor(caf::actor_system& system, std::vector<link_listener> listeners,
                                            link_supervisor_options options);

}  // namespace dvfo::actors
