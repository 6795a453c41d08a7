#include "actors/link_supervisor.hpp"

#include <algorithm>
#include <utility>

#include <caf/actor_system.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/caf_compat.hpp"
#include "actors/transport/connect.hpp"
#include "messages/checks.hpp"

namespace dvfo::actors {

std::chrono::duration<double> retry_delay(std::uint32_t failures, std::chrono::duration<double> first,
                                          std::chrono::duration<double> longest, double random) {
  auto delay = first;
  for (std::uint32_t i = 1; i < failures && delay < longest; ++i) delay *= 2.0;
  return std::min(delay, longest) * (1.0 + defaults::link::retry_jitter * random);
}

void link_supervisor_state::tell_of_change() {
  if (status.state == told) return;
  const bool is_first_failure = told == link_state::connecting && status.state != link_state::up;
  told = status.state;
  if (!is_first_failure && options.on_change) options.on_change(status);
}

namespace {

using supervisor_pointer = link_supervisor_actor::stateful_pointer<link_supervisor_state>;

void settle(link_supervisor_state& state) {
  for (auto& promise : state.waiting) promise.deliver(state.status);
  state.waiting.clear();
}

void schedule_retry(supervisor_pointer self) {
  auto& state = self->state;
  ++state.failures;
  const double random = std::uniform_real_distribution<double>(0.0, 1.0)(state.random);
  const auto delay = retry_delay(state.failures, state.options.first_retry, state.options.longest_retry, random);
  self->delayed_send(self, request_timeout(delay), retry_atom{}, ++state.attempt);
}

/// An attempt has failed; no listener was told of a link, so none is told of its absence.
void attempt_failed(supervisor_pointer self, link_state how, std::string reason) {
  self->state.status.state = how;
  self->state.status.reason = std::move(reason);
  self->state.tell_of_change();
  settle(self->state);
  schedule_retry(self);
}

void link_lost(supervisor_pointer self, std::string reason) {
  auto& state = self->state;
  // The handle of a node that is gone stays dead for ever, and watching it again would report its death in a loop.
  self->demonitor(state.remote.address());
  state.remote = nullptr;
  state.status.state = link_state::down;
  state.status.reason = std::move(reason);
  state.tell_of_change();
  for (const auto& listener : state.listeners) self->send(listener, link_down{state.status.reason});
  schedule_retry(self);
}

void link_established(supervisor_pointer self, remote_inference_actor remote) {
  auto& state = self->state;
  self->monitor(remote);
  state.remote = std::move(remote);
  state.failures = 0;
  ++state.generation;
  state.status.state = link_state::up;
  state.status.reason.clear();
  state.tell_of_change();
  for (const auto& listener : state.listeners) {
    self->send(listener,
               link_up{.remote = state.remote, .generation = state.generation, .watcher = link_watcher(self)});
  }
  settle(state);
}

void on_hello(supervisor_pointer self, const remote_inference_actor& remote, const wire_message& message) {
  const auto reply = messages::parse_hello_reply(message.bytes);
  if (!reply) return attempt_failed(self, link_state::refused, reply.error);
  if (auto difference = messages::compare(self->state.options.expected, *reply); !difference.empty()) {
    return attempt_failed(self, link_state::refused, std::move(difference));
  }
  link_established(self, remote);
}

void say_hello(supervisor_pointer self, const remote_inference_actor& remote) {
  const messages::hello_request request{.protocol = messages::protocol_version,
                                        .bundle_id = self->state.options.expected.bundle_id};
  self->request(remote, request_timeout(self->state.options.hello_timeout), hello_atom{},
                wire_message{messages::encode(request)})
      .then([self, remote](const wire_message& reply) { on_hello(self, remote, reply); },
            [self](const caf::error& failure) {
              attempt_failed(
                  self, link_state::down,
                  self->state.peer() + " accepts connections but does not answer: " + caf::to_string(failure));
            });
}

void on_connected(supervisor_pointer self, const remote_inference_actor& remote) {
  if (remote) return say_hello(self, remote);
  attempt_failed(
      self, link_state::refused,
      self->state.peer() + " is a CAF node but offers no remote inference of this release; is it a dvfo-cloud?");
}

void connect(supervisor_pointer self) {
  auto& state = self->state;
  state.status.state = link_state::connecting;
  connect_remote(
      self, state.connector, state.options.host, state.options.port, state.options.connect_timeout,
      [self](const remote_inference_actor& remote) { on_connected(self, remote); },
      [self](const caf::error& failure) {
        attempt_failed(self, link_state::down,
                       "cannot connect to " + self->state.peer() + ": " + caf::to_string(failure) +
                           "; is dvfo-cloud running there?");
      });
}

}  // namespace

link_supervisor_actor::behavior_type link_supervisor(supervisor_pointer self, caf::actor connector,
                                                     std::vector<link_listener> listeners,
                                                     link_supervisor_options options) {
  drop_strangers(self);
  auto& state = self->state;
  state.connector = std::move(connector);
  state.listeners = std::move(listeners);
  state.random.seed(static_cast<std::minstd_rand::result_type>(options.jitter_seed));
  state.options = std::move(options);
  state.status.peer = state.peer();
  self->set_down_handler([self](const caf::down_msg& gone) {
    if (self->state.remote && gone.source == self->state.remote.address()) {
      link_lost(self, "the cloud at " + self->state.peer() + " went away: " + caf::to_string(gone.reason));
    }
  });
  connect(self);
  return {
      [self](const link_suspicion& doubt) {
        const auto& known = self->state;
        if (!known.remote || doubt.generation != known.generation) return;
        if (doubt.consecutive_timeouts < known.options.suspicious_timeouts) return;
        link_lost(self,
                  std::to_string(doubt.consecutive_timeouts) + " requests in a row had no reply from " + known.peer());
      },
      [self](status_atom) { return self->state.status; },
      [self](settle_atom) -> caf::result<link_status> {
        const bool is_undecided = self->state.generation == 0 && self->state.failures == 0;
        if (!is_undecided) return self->state.status;
        return self->state.waiting.emplace_back(self->make_response_promise<link_status>());
      },
      [self](retry_atom, std::uint64_t attempt) {
        if (attempt == self->state.attempt && !self->state.remote) connect(self);
      },
  };
}

link_supervisor_actor spawn_link_supervisor(caf::actor_system& system, std::vector<link_listener> listeners,
                                            link_supervisor_options options) {
  return system.spawn(link_supervisor, connector_of(system), std::move(listeners), std::move(options));
}

}  // namespace dvfo::actors
