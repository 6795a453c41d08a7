#pragma once

#include <chrono>
#include <cstdint>
#include <set>
#include <string>
#include <utility>

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>

#include "actors/caf_compat.hpp"
#include "actors/interfaces.hpp"

namespace dvfo::actors {

/// The actor of CAF that opens connections for others. An argument of whoever connects, so that tests put their own in
/// its place.
caf::actor connector_of(caf::actor_system& system);

/// The remote inference behind a handle that came over a connection; null where it offers another interface.
remote_inference_actor remote_inference_of(caf::actor_system& system, const caf::strong_actor_ptr& handle,
                                           const std::set<std::string>& interface);

/// Asks `connector` for what `host`:`port` publishes. Exactly one of the two runs on `self`, after `timeout` at the
/// latest: `connected` with the handle, null for a CAF node that offers no remote inference of this release; `failed`
/// with CAF's error.
template <class Self, class Connected, class Failed>
void connect_remote(Self* self, const caf::actor& connector, const std::string& host, std::uint16_t port,
                    std::chrono::duration<double> timeout, Connected connected, Failed failed) {
  self->request(connector, request_timeout(timeout), caf::connect_atom{}, host, port)
      .then(
          [self, connected](const caf::node_id&, const caf::strong_actor_ptr& handle,
                            const std::set<std::string>& interface) {
            connected(remote_inference_of(self->system(), handle, interface));
          },
          std::move(failed));
}

}  // namespace dvfo::actors
