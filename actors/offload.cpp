#include "actors/offload.hpp"

#include <algorithm>
#include <utility>

#include <caf/actor_system.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/caf_compat.hpp"
#include "messages/checks.hpp"

namespace dvfo::actors {

using policy::degraded_reason;

namespace {

bool sends_input(const offload_job& job) { return job.sends != policy::payload::features; }

}  // namespace

policy::degraded_reason offload_state::refusal(const offload_job& job, time_point now) const {
  if (!link) return degraded_reason::link_down;
  if (in_flight.size() >= options.window) return degraded_reason::window_full;
  if (sends_input(job) && encoding >= options.window) return degraded_reason::window_full;
  if (job.answer_by - now < options.shortest_wait) return degraded_reason::cloud_late;
  return degraded_reason::none;
}

std::uint64_t offload_state::open(const offload_job& job, time_point now,
                                  caf::typed_response_promise<offload_result> promise) {
  const auto ticket = next_ticket++;
  auto& entry = in_flight[ticket];
  entry.result.task_id = job.task_id;
  entry.share = job.share;
  entry.began = now;
  entry.answer_by = job.answer_by;
  entry.promise = std::move(promise);
  return ticket;
}

std::optional<offload_in_flight> offload_state::take(std::uint64_t ticket) {
  deadlines.erase(ticket);
  auto node = in_flight.extract(ticket);
  if (node.empty()) return std::nullopt;
  return std::move(node.mapped());
}

messages::infer_request offload_state::request_of(const offload_job& job) {
  messages::infer_request request{.task_id = job.task_id, .share = job.share, .frame = {}};
  inference::encode_features(options.format, job.features.values(), job.channels, frame);
  request.frame = {reinterpret_cast<const char*>(frame.data()), frame.size()};
  return request;
}

messages::infer_request offload_state::request_of(const offload_in_flight& entry, inference::coded_input input) {
  return {.task_id = entry.result.task_id,
          .share = entry.share,
          .frame = std::move(input.bytes),
          .kind = frame_kind_of(input.coding),
          .width = input.width};
}

namespace {

degraded_reason reason_of(messages::reply_code code) {
  switch (code) {
    case messages::reply_code::ok:
      return degraded_reason::none;
    case messages::reply_code::busy:
    case messages::reply_code::expired:
      return degraded_reason::cloud_refused;
    case messages::reply_code::bad_request:
    case messages::reply_code::bundle_mismatch:
    case messages::reply_code::failed:
      break;
  }
  return degraded_reason::cloud_failed;
}

}  // namespace

void offload_state::read_reply(offload_result& result, const std::string& bytes, double round_trip) {
  auto reply = messages::parse_infer_reply(bytes);
  if (reply && reply->task_id != result.task_id) {
    reply.error =
        "the reply is for task " + std::to_string(reply->task_id) + ", expected " + std::to_string(result.task_id);
    reply.value.reset();
  }
  if (!reply) {
    result.degraded = degraded_reason::offload_failed;
    result.text = reply.error;
    return;
  }
  result.degraded = reason_of(reply->code);
  result.text = reply->code == messages::reply_code::ok ? std::string()
                                                        : std::string(to_string(reply->code)) + ": " + reply->text;
  result.logits = std::move(reply->logits);
  result.batch_size = reply->batch_size;
  result.stages.remote_queue = reply->queue_seconds;
  result.stages.remote_decode = reply->decode_seconds;
  result.stages.remote_compute = reply->compute_seconds;
  // A peer's own times may exceed what was seen here; the rest is then nothing, not less.
  result.stages.transfer =
      std::max(0.0, round_trip - reply->queue_seconds - reply->decode_seconds - reply->compute_seconds);
}

namespace {

using offload_pointer = offload_actor::stateful_pointer<offload_state>;

offload_result refused(const offload_job& job, degraded_reason reason, std::string text) {
  offload_result result;
  result.task_id = job.task_id;
  result.degraded = reason;
  result.text = std::move(text);
  return result;
}

std::string explain(degraded_reason reason, const offload_options& options) {
  switch (reason) {
    case degraded_reason::link_down:
      return "no cloud is connected";
    case degraded_reason::window_full:
      return std::to_string(options.window) + " offloads are in flight already";
    default:
      return "too little time is left to the deadline";
  }
}

/// Ends the ticket's offload without logits; what comes for it later finds nothing.
void fail(offload_pointer self, std::uint64_t ticket, degraded_reason reason, std::string text) {
  auto done = self->state.take(ticket);
  if (!done) return;
  done->result.degraded = reason;
  done->result.text = std::move(text);
  done->promise.deliver(std::move(done->result));
}

void tell_of_transfer(offload_pointer self, const offload_result& result, time_point now) {
  const auto& sensor = self->state.options.sensor;
  if (!sensor) return;
  self->send(sensor, transfer_sample{.bytes = result.wire_up_bytes + result.wire_down_bytes,
                                     .seconds = result.stages.transfer,
                                     .when = now});
}

void on_reply(offload_pointer self, std::uint64_t ticket, const wire_message& reply) {
  auto done = self->state.take(ticket);
  if (!done) return;
  self->state.consecutive_timeouts = 0;
  done->result.wire_down_bytes = self->state.sizes->reply(reply.bytes.size());
  const auto now = self->clock().now();
  offload_state::read_reply(done->result, reply.bytes, seconds_between(done->sent, now));
  if (done->result.degraded == degraded_reason::none) tell_of_transfer(self, done->result, now);
  done->promise.deliver(std::move(done->result));
}

/// The cloud let a request's time pass.
void suspect_link(offload_pointer self) {
  auto& state = self->state;
  ++state.consecutive_timeouts;
  if (!state.link || !state.link->watcher) return;
  self->send(state.link->watcher, link_suspicion{state.link->generation, state.consecutive_timeouts});
}

void on_failure(offload_pointer self, std::uint64_t ticket, const caf::error& failure) {
  if (self->state.in_flight.count(ticket) == 0) return;
  if (failure == caf::sec::request_timeout) {
    suspect_link(self);
    fail(self, ticket, degraded_reason::cloud_late, "no reply from the cloud in the time that the deadline leaves");
  } else if (failure == caf::sec::request_receiver_down) {
    fail(self, ticket, degraded_reason::link_down, "the cloud went away");
  } else {
    fail(self, ticket, degraded_reason::cloud_failed, text_of(failure));
  }
}

/// Everything in flight went through the link that is no more: its tasks need not wait for their timeouts.
void fail_all(offload_pointer self, const std::string& reason) {
  for (auto& [ticket, offload] : std::exchange(self->state.in_flight, {})) {
    self->state.deadlines.erase(ticket);
    if (offload.asked) give_up(self, *offload.asked);
    offload.result.degraded = degraded_reason::link_down;
    offload.result.text = reason;
    offload.promise.deliver(std::move(offload.result));
  }
}

/// What was encoded goes to the cloud.
void send_away(offload_pointer self, std::uint64_t ticket, messages::infer_request request) {
  auto& state = self->state;
  auto& entry = state.in_flight.at(ticket);
  const auto now = self->clock().now();
  request.bundle_id = state.options.bundle_id;
  request.budget_seconds = seconds_between(now, entry.answer_by);
  wire_message message{messages::encode(request)};
  entry.result.stages.encode = seconds_between(entry.began, now);
  entry.result.wire_up_bytes = state.sizes->request(message.bytes.size());
  entry.sent = now;
  const auto asked = self->request(state.link->remote, caf::infinite, infer_atom{}, std::move(message));
  entry.asked = asked.id();
  asked.then([self, ticket](const wire_message& reply) { on_reply(self, ticket, reply); },
             [self, ticket](const caf::error& failure) { on_failure(self, ticket, failure); });
}

/// On this scheduler thread: 6 ns a value on an x86 core, 32 µs for half and 53 µs for all of a map of 32×16×16 (p99 79
/// and 95 µs), 0.65 ms for 100,000 values. Another thread would cost two wake-ups of some 30 µs each, every task.
void encode_features(offload_pointer self, std::uint64_t ticket, const offload_job& job) {
  try {
    send_away(self, ticket, self->state.request_of(job));
  } catch (const std::exception& failure) {
    fail(self, ticket, degraded_reason::offload_failed, failure.what());
  }
}

/// On the encoder's thread: 86 µs at 32×32, but milliseconds for a camera's picture. Others shall not wait for that.
void encode_input(offload_pointer self, std::uint64_t ticket, const offload_job& job) {
  auto& state = self->state;
  ++state.encoding;
  // Without a limit: at most a window of them is with the encoder, and the offload ends at its own time.
  self->request(state.options.inputs, caf::infinite, encode_atom{},
                input_job{.input = job.input, .sends = job.sends, .share = job.share})
      .then(
          [self, ticket](inference::coded_input& input) {
            --self->state.encoding;
            const auto place = self->state.in_flight.find(ticket);
            if (place == self->state.in_flight.end()) return;
            send_away(self, ticket, offload_state::request_of(place->second, std::move(input)));
          },
          [self, ticket](const caf::error& failure) {
            --self->state.encoding;
            fail(self, ticket, degraded_reason::offload_failed, text_of(failure));
          });
}

caf::result<offload_result> take_in(offload_pointer self, const offload_job& job) {
  auto& state = self->state;
  const auto now = self->clock().now();
  if (const auto reason = state.refusal(job, now); reason != degraded_reason::none) {
    return refused(job, reason, explain(reason, state.options));
  }
  auto promise = self->make_response_promise<offload_result>();
  const auto ticket = state.open(job, now, promise);
  look_at(self, state.deadlines.set(ticket, job.answer_by));
  sends_input(job) ? encode_input(self, ticket, job) : encode_features(self, ticket, job);
  return promise;
}

void expire(offload_pointer self) {
  auto& state = self->state;
  const auto seen = state.deadlines.look_at(self->clock().now());
  for (const auto ticket : seen.over) {
    const auto& asked = state.in_flight.at(ticket).asked;
    if (asked) {
      give_up(self, *asked);
    } else {
      fail(self, ticket, degraded_reason::cloud_late, "the input was not encoded in the time that the deadline leaves");
    }
  }
  look_at(self, seen.next);
}

}  // namespace

offload_actor::behavior_type offload(offload_pointer self, offload_options options) {
  drop_strangers(self);
  self->state.options = std::move(options);
  self->state.sizes.emplace(self->system());
  return {
      [self](const link_up& link) {
        if (self->state.link) fail_all(self, "the link was replaced");
        self->state.link = link;
        self->state.consecutive_timeouts = 0;
      },
      [self](const link_down& link) {
        self->state.link.reset();
        fail_all(self, link.reason);
      },
      [self](offload_atom, const offload_job& job) { return take_in(self, job); },
      [self](expire_atom) { expire(self); },
  };
}

offload_actor spawn_offload(caf::actor_system& system, offload_options options) {
  inference::check(options.format);
  return system.spawn(offload, std::move(options));
}

}  // namespace dvfo::actors
