#pragma once

#include <string>

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/typed_actor.hpp>

#include "actors/interfaces.hpp"
#include "cloud_node/cloud_node.hpp"

namespace dvfo::cloud_node {

/// A request of this process and who wants the reply.
struct submission {
  std::uint64_t task_id = 0;
  actors::wire_message request;
  cloud_node::callback done;
};

/// CLIENT: carries requests of this process's own threads to the router and calls back.
using client_actor = caf::typed_actor<
    // Sends the request and calls `done` once with the reply. No answer.
    caf::reacts_to<submission>,
    // Drains the router; answers after the last callback has returned.
    caf::replies_to<actors::drain_atom>::with<caf::ok_atom>>;

/// Starts a client.
client_actor spawn_client(caf::actor_system& system, actors::remote_router_actor router);

}  // namespace dvfo::cloud_node

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dvfo::cloud_node::submission)
