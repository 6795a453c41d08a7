#include "edge_node/client.hpp"

#include <chrono>
#include <exception>
#include <utility>

#include <caf/actor_system.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

namespace dvfo::edge_node {
namespace {

answer answered(const actors::answer& from, const interpreter& interpret) {
  answer result;
  try {
    result.prediction = interpret(from.logits);
    result.outcome = from.outcome;
  } catch (const std::exception& problem) {
    result.failure = problem.what();
  }
  return result;
}

answer failed(const caf::error& problem) {
  answer result;
  result.failure = actors::text_of(problem);
  return result;
}

struct client_state {
  static inline const char* name = "edge_client";
  interpreter interpret;
};

client_actor::behavior_type client(client_actor::stateful_pointer<client_state> self, actors::gateway_actor gateway,
                                   std::shared_ptr<link_view> link, interpreter interpret) {
  self->state.interpret = std::move(interpret);
  return {
      [link](const actors::link_up&) { link->set(true); },
      [link](const actors::link_down&) { link->set(false); },
      [self, gateway](submission& given) {
        self->request(gateway, caf::infinite, actors::infer_atom::value, std::move(given.task))
            .then(
                [self, done = given.done](const actors::answer& from) { done(answered(from, self->state.interpret)); },
                [done = given.done](const caf::error& problem) { done(failed(problem)); });
      },
      [self, gateway](actors::drain_atom) -> caf::result<caf::ok_atom> {
        auto promise = self->make_response_promise<caf::ok_atom>();
        self->request(gateway, caf::infinite, actors::drain_atom::value)
            .then([promise](caf::ok_atom) mutable { promise.deliver(caf::ok_atom::value); },
                  [promise](caf::error& problem) mutable { promise.deliver(std::move(problem)); });
        return promise;
      },
  };
}

}  // namespace

void link_view::set(bool up) {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(up_, up) != up && watcher_) watcher_(up);
  }
  changed_.notify_all();
}

bool link_view::wait(double seconds) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::duration<double>(seconds), [&] { return up_; });
}

bool link_view::is_up() const {
  const std::lock_guard lock(mutex_);
  return up_;
}

void link_view::watch(std::function<void(bool up)> watcher) {
  const std::lock_guard lock(mutex_);
  watcher_ = std::move(watcher);
}

client_actor spawn_client(caf::actor_system& system, actors::gateway_actor gateway, std::shared_ptr<link_view> link,
                          interpreter interpret) {
  return system.spawn(client, std::move(gateway), std::move(link), std::move(interpret));
}

}  // namespace dvfo::edge_node
