#include "actors/offload.hpp"

#include <algorithm>
#include <utility>

#include <caf/actor_system.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/caf_compat.hpp"
#include "messages/checks.hpp"

namespace dvfo::actors {

using policy::degraded_reason;

policy::degraded_reason offload_state::refusal(const offload_job& job, time_point now) const {
  if (!link) return degraded_reason::link_down;
  if (in_flight.size() >= options.window) return degraded_reason::window_full;
  if (job.answer_by - now < options.shortest_wait) return degraded_reason::cloud_late;
  return degraded_reason::none;
}

namespace {

/// The input itself: compressed, or `share` of it uncompressed.
void put_input(messages::infer_request& request, const offload_job& job, int input_size) {
  auto coded = job.sends == policy::carrier::input ? inference::reduce_input(*job.input, input_size, job.share)
                                                   : inference::compress_input(*job.input, input_size);
  request.kind = frame_kind_of(coded.coding);
  request.width = coded.width;
  request.frame = std::move(coded.bytes);
}

}  // namespace

std::string offload_state::encode(const offload_job& job, time_point now) {
  messages::infer_request request{.task_id = job.task_id,
                                  .bundle_id = options.bundle_id,
                                  .share = job.share,
                                  .budget_seconds = seconds_between(now, job.answer_by),
                                  .frame = {}};
  if (job.sends == policy::carrier::features) {
    inference::encode_features(options.format, job.features.values(), job.channels, frame);
    request.frame = {reinterpret_cast<const char*>(frame.data()), frame.size()};
  } else {
    put_input(request, job, options.input_size);
  }
  return messages::encode(request);
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

/// Takes the ticket's offload out, so that whatever comes for it later finds nothing.
std::optional<offload_in_flight> take(offload_state& state, std::uint64_t ticket) {
  auto node = state.in_flight.extract(ticket);
  if (node.empty()) return std::nullopt;
  return std::move(node.mapped());
}

void tell_of_transfer(offload_pointer self, const offload_result& result, time_point now) {
  const auto& sensor = self->state.options.sensor;
  if (!sensor) return;
  self->send(sensor, transfer_sample{.bytes = result.wire_up_bytes + result.wire_down_bytes,
                                     .seconds = result.stages.transfer,
                                     .when = now});
}

void on_reply(offload_pointer self, std::uint64_t ticket, const wire_message& reply) {
  auto done = take(self->state, ticket);
  if (!done) return;
  self->state.consecutive_timeouts = 0;
  done->result.wire_down_bytes = self->state.sizes->reply(reply.bytes.size());
  const auto now = self->clock().now();
  offload_state::read_reply(done->result, reply.bytes, seconds_between(done->sent, now));
  if (done->result.degraded == degraded_reason::none) tell_of_transfer(self, done->result, now);
  done->promise.deliver(std::move(done->result));
}

void on_failure(offload_pointer self, std::uint64_t ticket, const caf::error& failure) {
  auto done = take(self->state, ticket);
  if (!done) return;
  auto& state = self->state;
  if (failure == caf::sec::request_timeout) {
    done->result.degraded = degraded_reason::cloud_late;
    done->result.text = "no reply from the cloud in the time that the deadline leaves";
    ++state.consecutive_timeouts;
    if (state.link && state.link->watcher) {
      self->send(state.link->watcher, link_suspicion{state.link->generation, state.consecutive_timeouts});
    }
  } else if (failure == caf::sec::request_receiver_down) {
    done->result.degraded = degraded_reason::link_down;
    done->result.text = "the cloud went away";
  } else {
    done->result.degraded = degraded_reason::cloud_failed;
    done->result.text = text_of(failure);
  }
  done->promise.deliver(std::move(done->result));
}

/// Everything in flight went through the link that is no more: its tasks need not wait for their timeouts.
void fail_all(offload_state& state, const std::string& reason) {
  auto gone = std::exchange(state.in_flight, {});
  for (auto& [ticket, offload] : gone) {
    offload.result.degraded = degraded_reason::link_down;
    offload.result.text = reason;
    offload.promise.deliver(std::move(offload.result));
  }
}

caf::result<offload_result> send_away(offload_pointer self, const offload_job& job) {
  auto& state = self->state;
  const auto start = self->clock().now();
  if (const auto reason = state.refusal(job, start); reason != degraded_reason::none) {
    return refused(job, reason, explain(reason, state.options));
  }
  wire_message request;
  try {
    request.bytes = state.encode(job, start);
  } catch (const std::exception& failure) {
    return refused(job, degraded_reason::offload_failed, failure.what());
  }
  const auto sent = self->clock().now();
  const auto ticket = state.next_ticket++;
  auto& entry = state.in_flight[ticket];
  entry.result.task_id = job.task_id;
  entry.result.stages.encode = seconds_between(start, sent);
  entry.result.wire_up_bytes = state.sizes->request(request.bytes.size());
  entry.sent = sent;
  auto promise = entry.promise = self->make_response_promise<offload_result>();
  self->request(state.link->remote, request_timeout(job.answer_by - sent), infer_atom{}, std::move(request))
      .then([self, ticket](const wire_message& reply) { on_reply(self, ticket, reply); },
            [self, ticket](const caf::error& failure) { on_failure(self, ticket, failure); });
  return promise;
}

}  // namespace

offload_actor::behavior_type offload(offload_pointer self, offload_options options) {
  drop_strangers(self);
  self->state.options = std::move(options);
  self->state.sizes.emplace(self->system());
  return {
      [self](const link_up& link) {
        if (self->state.link) fail_all(self->state, "the link was replaced");
        self->state.link = link;
        self->state.consecutive_timeouts = 0;
      },
      [self](const link_down& link) {
        self->state.link.reset();
        fail_all(self->state, link.reason);
      },
      [self](offload_atom, const offload_job& job) { return send_away(self, job); },
  };
}

offload_actor spawn_offload(caf::actor_system& system, offload_options options) {
  inference::check(options.format);
  return system.spawn(offload, std::move(options));
}

}  // namespace dvfo::actors
