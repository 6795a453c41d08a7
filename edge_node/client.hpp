#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <span>

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/typed_actor.hpp>

#include "actors/interfaces.hpp"
#include "edge_node/edge_node.hpp"

namespace dvfo::edge_node {

/// A task of this process and who wants its answer.
struct submission {
  actors::infer_task task;
  edge_node::callback done;
};

/// CLIENT: carries tasks of this process's own threads to the gateway and calls back; knows whether a cloud is there.
using client_actor = actors::link_listener::extend<
    // Sends the task and calls `done` once with its answer. No answer.
    caf::reacts_to<submission>,
    // Drains the gateway; answers after the last callback has returned.
    caf::replies_to<actors::drain_atom>::with<caf::ok_atom>>;

/// Whether a cloud is there, for threads that wait for it.
class link_view {
 public:
  void set(bool up);
  /// Waits at most `seconds` for the link to come up; returns whether it is.
  bool wait(double seconds);
  [[nodiscard]] bool is_up() const;
  /// Is told of every change from now on; it must not ask this object. Empty: nobody is, once a call under way is over.
  void watch(std::function<void(bool up)> watcher);

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::function<void(bool)> watcher_;
  bool up_ = false;
};

/// What the bundle's network says with its logits; may throw.
using interpreter = std::function<inference::any_prediction(std::span<const float> logits)>;

/// Starts a client.
client_actor spawn_client(caf::actor_system& system, actors::gateway_actor gateway, std::shared_ptr<link_view> link,
                          interpreter interpret);

}  // namespace dvfo::edge_node

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dvfo::edge_node::submission)
