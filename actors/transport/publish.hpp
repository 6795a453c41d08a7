#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

#include <caf/actor_system.hpp>

#include "actors/interfaces.hpp"

namespace dvfo::actors {

/// An address that may not be listened on, or that the operating system refuses; the text says what to do.
class publish_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Opens `host`:`port` for edges to connect to `remote`; port 0 lets the system choose. Returns the port in use. CAF's
/// plain protocol trusts every peer, so any `host` but loopback is refused (link/loopback.hpp). Throws publish_error.
std::uint16_t publish_remote(caf::actor_system& system, const remote_inference_actor& remote, const std::string& host,
                             std::uint16_t port);

/// Takes no new connections on `port`; those that exist stay.
void unpublish_remote(caf::actor_system& system, const remote_inference_actor& remote, std::uint16_t port);

}  // namespace dvfo::actors
