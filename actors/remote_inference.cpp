#include "actors/remote_inference.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include <caf/actor_system.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/batch_decoder.hpp"
#include "actors/caf_compat.hpp"
#include "messages/checks.hpp"

namespace dvfo::actors {

using messages::infer_reply;
using messages::reply_code;

namespace {

infer_reply refusal(std::uint64_t task_id, reply_code code, std::string text) {
  infer_reply reply;
  reply.task_id = task_id;
  reply.code = code;
  reply.text = std::move(text);
  return reply;
}

infer_reply expired(std::uint64_t task_id) {
  return refusal(task_id, reply_code::expired, "the task's time was over before a worker had computed it");
}

}  // namespace

infer_reply remote_inference_state::judge(const messages::infer_request& request) const {
  if (request.bundle_id != options.served.bundle_id) {
    return refusal(request.task_id, reply_code::bundle_mismatch,
                   "the request is for another model bundle than \"" + options.served.bundle_name + "\"");
  }
  if (!(request.share > 0.0))
    return refusal(request.task_id, reply_code::bad_request, "share is 0: there is nothing to compute here");
  if (request.budget_seconds <= 0.0) return expired(request.task_id);
  if (is_draining) return refusal(request.task_id, reply_code::busy, "the cloud is going down");
  if (workers.empty()) return refusal(request.task_id, reply_code::failed, "no worker is left; restart the cloud node");
  if (queue.is_full()) {
    return refusal(request.task_id, reply_code::busy,
                   std::to_string(options.max_queue) + " requests are waiting already");
  }
  infer_reply fine;
  fine.task_id = request.task_id;
  return fine;
}

busy_worker* remote_inference_state::find_worker(std::size_t batches) {
  // Those that were handed a batch last stand last.
  const auto place = std::find_if(workers.begin(), workers.end(),
                                  [batches](const busy_worker& each) { return each.batches == batches; });
  return place == workers.end() ? nullptr : &*place;
}

void remote_inference_state::pay(std::uint64_t ticket, infer_reply reply) {
  deadlines.erase(ticket);
  auto node = owed.extract(ticket);
  if (node.empty()) return;
  reply.task_id = node.mapped().task_id;
  node.mapped().promise.deliver(wire_message{messages::encode(reply)});
}

namespace {

using router_pointer = remote_router_actor::stateful_pointer<remote_inference_state>;

void dispatch(router_pointer self);

void finish_draining(remote_inference_state& state) {
  if (!state.owed.empty()) return;
  for (auto& drainer : state.drainers) drainer.deliver(caf::ok_atom{});
  state.drainers.clear();
}

/// A worker's view of one item becomes the reply to its asker.
infer_reply reply_for(batch_item& item, double queue_seconds, double compute_seconds, std::size_t batch_size) {
  infer_reply reply;
  reply.queue_seconds = queue_seconds;
  reply.decode_seconds = item.decode_seconds;
  reply.compute_seconds = compute_seconds;
  reply.batch_size = static_cast<std::uint32_t>(batch_size);
  if (!item.error.empty()) {
    reply.code = item.bad_frame ? reply_code::bad_request : reply_code::failed;
    reply.text = std::move(item.error);
  }
  reply.logits = std::move(item.logits);
  return reply;
}

struct sent_batch {
  std::vector<std::uint64_t> tickets;
  time_point handed_over;
  bool is_decoded_before = false;  ///< before the worker takes it up
};

void on_result(router_pointer self, const sent_batch& batch, batch_result& result) {
  auto& state = self->state;
  const auto started = std::max(batch.handed_over, result.started);
  for (std::size_t i = 0; i < batch.tickets.size(); ++i) {
    const auto owed = state.owed.find(batch.tickets[i]);
    if (owed == state.owed.end()) continue;
    double queued = seconds_between(owed->second.arrived, started);
    if (batch.is_decoded_before) queued = std::max(0.0, queued - result.items.at(i).decode_seconds);
    state.pay(batch.tickets[i], reply_for(result.items.at(i), queued, result.compute_seconds, batch.tickets.size()));
  }
}

/// A worker that is gone takes only its batches with it; one that merely failed goes on.
void on_failure(remote_inference_state& state, const remote_worker_actor& worker, const sent_batch& batch,
                const caf::error& failure) {
  if (failure == caf::sec::request_receiver_down) {
    std::erase_if(state.workers, [&](const busy_worker& each) { return each.actor == worker; });
  }
  for (const auto ticket : batch.tickets) state.pay(ticket, refusal(0, reply_code::failed, text_of(failure)));
}

void on_free(remote_inference_state& state, const remote_worker_actor& worker) {
  for (auto& each : state.workers) {
    if (each.actor == worker) --each.batches;
  }
}

/// Takes the frames out of `requests`.
batch_job job_of(std::vector<waiting_request>& requests) {
  std::vector<std::string> frames;
  for (auto& request : requests) frames.push_back(std::move(request.frame));
  return {.kind = requests.front().kind, .frames = std::make_shared<const std::vector<std::string>>(std::move(frames))};
}

/// To a worker that is free, or that computes and will go on with it. Without a limit: a worker has two batches at
/// most, and whoever waits for them is told when his time is over.
void hand_over(router_pointer self, busy_worker& to, std::vector<waiting_request> requests) {
  auto& state = self->state;
  const auto worker = to.actor;
  const auto decoder = to.batches > 0 ? to.decoder : batch_decoder_actor();
  ++to.batches;
  const auto place = state.workers.begin() + (&to - state.workers.data());
  std::rotate(place, place + 1, state.workers.end());
  sent_batch batch{.tickets = {}, .handed_over = self->clock().now(), .is_decoded_before = static_cast<bool>(decoder)};
  for (const auto& request : requests) batch.tickets.push_back(request.ticket);
  const auto asked = decoder ? self->request(decoder, caf::infinite, batch_atom{}, job_of(requests), worker)
                             : self->request(worker, caf::infinite, batch_atom{}, job_of(requests));
  asked.then(
      [self, worker, batch](batch_result& result) {
        on_free(self->state, worker);
        dispatch(self);  // before the replies: the worker must not wait for them
        on_result(self, batch, result);
        finish_draining(self->state);
      },
      [self, worker, batch](const caf::error& failure) {
        on_free(self->state, worker);
        on_failure(self->state, worker, batch, failure);
        dispatch(self);
      });
}

void refuse_expired(router_pointer self) {
  for (const auto& request : self->state.queue.take_expired(self->clock().now())) {
    self->state.pay(request.ticket, expired(0));
  }
}

/// With the last worker gone, whoever still waits is told so.
void refuse_orphans(remote_inference_state& state) {
  if (!state.workers.empty()) return;
  auto orphans = state.queue.take_expired(time_point::max());
  for (const auto& request : orphans) state.pay(request.ticket, refusal(0, reply_code::failed, "no worker is left"));
}

void set_timer(router_pointer self) {
  auto& state = self->state;
  const auto next = state.queue.next_ripening();
  if (!next || !state.find_worker(0) || state.is_timer_set) return;
  state.is_timer_set = true;
  remind_at(self, *next, ripen_atom{});
}

void dispatch(router_pointer self) {
  auto& state = self->state;
  refuse_expired(self);
  refuse_orphans(state);
  while (auto* worker = state.find_worker(0)) {
    auto batch = state.queue.take_ripe(self->clock().now());
    if (batch.empty()) break;
    hand_over(self, *worker, std::move(batch));
  }
  // A full batch cannot grow: it lies with the worker when that is done, which would else idle for two hops.
  while (auto* worker = state.find_worker(1)) {
    auto batch = state.queue.take_full();
    if (batch.empty()) break;
    hand_over(self, *worker, std::move(batch));
  }
  set_timer(self);
  finish_draining(state);
}

caf::result<wire_message> take_in(router_pointer self, const wire_message& message) {
  auto& state = self->state;
  auto request = messages::parse_infer_request(message.bytes);
  if (!request) return wire_message{messages::encode(refusal(0, reply_code::bad_request, request.error))};
  if (const auto verdict = state.judge(*request); verdict.code != reply_code::ok)
    return wire_message{messages::encode(verdict)};
  const auto now = self->clock().now();
  const auto ticket = state.next_ticket++;
  auto promise = self->make_response_promise<wire_message>();
  state.owed.emplace(ticket, remote_inference_state::owed_reply{request->task_id, now, promise});
  const auto budget =
      std::min(std::chrono::duration<double>(request->budget_seconds), std::chrono::duration<double>(86400));
  waiting_request waiting{
      .ticket = ticket,
      .kind = {.share = inference::grid_share(request->share), .frames = request->kind, .width = request->width},
      .frame = std::move(request->frame),
      .arrived = now,
      .expires = now + std::chrono::duration_cast<time_point::duration>(budget)};
  look_at(self, state.deadlines.set(ticket, waiting.expires));
  if (auto* worker = state.queue.is_empty() ? state.find_worker(0) : nullptr) {
    std::vector<waiting_request> alone;
    alone.push_back(std::move(waiting));
    hand_over(self, *worker, std::move(alone));
  } else {
    state.queue.push(std::move(waiting));
    dispatch(self);
  }
  return promise;
}

/// Also those whose request a worker has: it may never come back.
void expire(router_pointer self) {
  const auto seen = self->state.deadlines.look_at(self->clock().now());
  look_at(self, seen.next);
  dispatch(self);
  for (const auto ticket : seen.over) self->state.pay(ticket, expired(0));
  finish_draining(self->state);
}

caf::result<wire_message> greet(router_pointer self, const wire_message& message) {
  const auto request = messages::parse_hello_request(message.bytes);
  if (!request) return caf::make_error(caf::sec::invalid_argument, request.error);
  return wire_message{messages::encode(self->state.options.served)};
}

}  // namespace

remote_router_actor::behavior_type remote_inference(router_pointer self, std::vector<remote_worker_actor> workers,
                                                    remote_inference_options options) {
  drop_strangers(self);
  auto& state = self->state;
  state.queue = batch_queue({.max_batch = options.max_batch,
                             .max_delay = std::chrono::duration_cast<time_point::duration>(options.max_batch_delay),
                             .max_queue = options.max_queue});
  state.options = std::move(options);
  for (auto& worker : workers) {
    state.workers.push_back({.actor = std::move(worker)});
    if (!state.options.format) continue;
    state.workers.back().decoder = self->spawn<caf::detached + caf::linked>(batch_decoder, *state.options.format);
  }
  return {
      [self](infer_atom, const wire_message& message) { return take_in(self, message); },
      [self](hello_atom, const wire_message& message) { return greet(self, message); },
      [self](drain_atom) -> caf::result<caf::ok_atom> {
        self->state.is_draining = true;
        if (self->state.owed.empty()) return caf::ok_atom{};
        return self->state.drainers.emplace_back(self->make_response_promise<caf::ok_atom>());
      },
      [self](ripen_atom) {
        self->state.is_timer_set = false;
        dispatch(self);
      },
      [self](expire_atom) { expire(self); },
  };
}

remote_router_actor spawn_remote_inference(caf::actor_system& system, std::vector<remote_worker_actor> workers,
                                           remote_inference_options options) {
  return system.spawn(remote_inference, std::move(workers), std::move(options));
}

}  // namespace dvfo::actors
