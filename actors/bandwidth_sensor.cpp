#include "actors/bandwidth_sensor.hpp"

#include <algorithm>
#include <utility>

#include <caf/actor_system.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/caf_compat.hpp"
#include "messages/inference.hpp"

namespace dvfo::actors {
namespace {

using bandwidth_sensor_pointer = bandwidth_sensor_actor::stateful_pointer<bandwidth_sensor_state>;

void set_timer(bandwidth_sensor_pointer self, std::chrono::duration<double> wait) {
  self->delayed_send(self, request_timeout(wait), probe_atom{}, ++self->state.timer);
}

void tell(bandwidth_sensor_pointer self, time_point when) {
  auto& state = self->state;
  const bandwidth_reading reading{
      .bandwidth_bps = state.estimate.bandwidth_bps(), .rtt_seconds = state.estimate.rtt_seconds(), .when = when};
  for (const auto& listener : state.listeners) self->send(listener, reading);
}

void take_sample(bandwidth_sensor_pointer self, const transfer_sample& sample) {
  self->state.estimate.observe(sample.bytes, sample.seconds, seconds_between({}, sample.when));
  tell(self, sample.when);
}

/// The link is another one, or none: nobody shall go on with what was known of the last.
void forget(bandwidth_sensor_pointer self) {
  self->state.estimate.reset();
  tell(self, self->clock().now());
}

/// A hello with `padding` bytes, measured as a transfer. `then` runs when its reply was in time.
template <class F>
void send_probe(bandwidth_sensor_pointer self, std::size_t padding, F then) {
  wire_message hello;
  hello.bytes = messages::encode(
      messages::hello_request{.bundle_id = self->state.options.bundle_id, .padding = std::string(padding, '\0')});
  const auto bytes = hello.bytes.size();
  const auto sent = self->clock().now();
  const auto generation = self->state.link->generation;
  self->request(self->state.link->remote, link::probing::timeout, hello_atom{}, std::move(hello))
      .then(
          [self, bytes, sent, generation, then](const wire_message& reply) {
            const auto now = self->clock().now();
            if (!self->state.link || self->state.link->generation != generation) return;
            take_sample(self,
                        {.bytes = bytes + reply.bytes.size(), .seconds = seconds_between(sent, now), .when = now});
            then();
          },
          [](const caf::error&) {
            // nop: a link that does not answer is link_supervisor's business
          });
}

void probe(bandwidth_sensor_pointer self) {
  if (!self->state.link) return;
  send_probe(self, 0, [self] { send_probe(self, link::probing::padding_bytes, [] {}); });
}

/// Under traffic a small hello now and then: offloads are all about as long, and one length alone cannot tell round
/// trip from bandwidth. In silence the whole probe, ever more rarely.
void on_timer(bandwidth_sensor_pointer self, std::uint64_t number) {
  auto& state = self->state;
  if (number != state.timer || !state.link) return;
  const std::chrono::duration<double> quiet = self->clock().now() - state.newest_transfer;
  if (quiet < state.options.first_silence) {
    state.silence = state.options.first_silence;
    send_probe(self, 0, [] {});
    return set_timer(self, link::probing::refresh);
  }
  probe(self);
  state.silence = std::min(state.silence * 2.0, state.options.longest_silence);
  set_timer(self, state.silence);
}

void on_link_up(bandwidth_sensor_pointer self, const link_up& link) {
  auto& state = self->state;
  state.link = link;
  forget(self);
  state.newest_transfer = self->clock().now();
  state.silence = state.options.first_silence;
  probe(self);
  set_timer(self, state.silence);
}

}  // namespace

bandwidth_sensor_actor::behavior_type bandwidth_sensor(bandwidth_sensor_pointer self,
                                                       bandwidth_sensor_options options) {
  drop_strangers(self);
  self->state.options = options;
  return {
      [self](const link_up& link) { on_link_up(self, link); },
      [self](const link_down&) {
        self->state.link.reset();
        forget(self);
      },
      [self](join_atom, bandwidth_listener& listener) { self->state.listeners.push_back(std::move(listener)); },
      [self](const transfer_sample& sample) {
        self->state.newest_transfer = sample.when;
        take_sample(self, sample);
      },
      [self](probe_atom, std::uint64_t number) { on_timer(self, number); },
  };
}

bandwidth_sensor_actor spawn_bandwidth_sensor(caf::actor_system& system, bandwidth_sensor_options options) {
  return system.spawn(bandwidth_sensor, options);
}

}  // namespace dvfo::actors
