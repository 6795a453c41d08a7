#include "cloud_node/client.hpp"

#include <utility>

#include <caf/actor_system.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include "messages/checks.hpp"

namespace dvfo::cloud_node {
namespace {

messages::infer_reply failed(std::uint64_t task_id, std::string text) {
  messages::infer_reply reply;
  reply.task_id = task_id;
  reply.code = messages::reply_code::failed;
  reply.text = std::move(text);
  return reply;
}

struct client_state {
  static inline const char* name = "cloud_client";
};

client_actor::behavior_type client(client_actor::stateful_pointer<client_state> self,
                                   actors::remote_router_actor router) {
  return {
      [self, router](submission& task) {
        self->request(router, caf::infinite, actors::infer_atom::value, std::move(task.request))
            .then(
                [task_id = task.task_id, done = task.done](const actors::wire_message& reply) {
                  auto parsed = messages::parse_infer_reply(reply.bytes);
                  done(parsed ? std::move(*parsed) : failed(task_id, parsed.error));
                },
                [task_id = task.task_id, done = task.done](const caf::error& problem) {
                  done(failed(task_id, actors::text_of(problem)));
                });
      },
      [self, router](actors::drain_atom) -> caf::result<caf::ok_atom> {
        auto promise = self->make_response_promise<caf::ok_atom>();
        self->request(router, caf::infinite, actors::drain_atom::value)
            .then([promise](caf::ok_atom) mutable { promise.deliver(caf::ok_atom::value); },
                  [promise](caf::error& problem) mutable { promise.deliver(std::move(problem)); });
        return promise;
      },
  };
}

}  // namespace

client_actor spawn_client(caf::actor_system& system, actors::remote_router_actor router) {
  return system.spawn(client, std::move(router));
}

}  // namespace dvfo::cloud_node
