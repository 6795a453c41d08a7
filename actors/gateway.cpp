#include "actors/gateway.hpp"

#include <cmath>
#include <utility>

#include <caf/actor_system.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/caf_compat.hpp"

namespace dvfo::actors {

namespace {

std::string number(double value) { return std::to_string(value); }

/// Longest time that a task may be given, in seconds: a day; keeps deadlines far from the clock's end.
constexpr double longest_budget = 86400.0;

}  // namespace

std::string gateway_state::fault_of(const infer_task& task) {
  if (!task.input) return "the task has no input, expected one";
  if (!(task.budget_seconds > 0.0 && task.budget_seconds <= longest_budget)) {
    return "budget_seconds is " + number(task.budget_seconds) + ", expected more than 0 and at most " +
           number(longest_budget);
  }
  if (!(task.eta >= 0.0 && task.eta <= 1.0)) {
    return "eta is " + number(task.eta) + ", expected 0 (latency only) to 1 (energy only)";
  }
  if (task.lambda && !(*task.lambda >= 0.0 && *task.lambda <= 1.0)) {
    return "lambda is " + number(*task.lambda) + ", expected 0 (remote half only) to 1 (local half only)";
  }
  return {};
}

admitted_task gateway_state::admit(infer_task task, time_point now) {
  const auto id = next_id_++;
  admitted_.emplace(id, caf::message_id());
  const auto budget =
      std::chrono::duration_cast<time_point::duration>(std::chrono::duration<double>(task.budget_seconds));
  return {.id = id, .task = std::move(task), .admitted = now, .deadline = now + budget};
}

std::optional<time_point> gateway_state::on_asked(std::uint64_t id, time_point deadline, caf::message_id response) {
  admitted_.at(id) = response;
  return deadlines_.set(id, deadline);
}

gateway_state::expiry gateway_state::expire(time_point now) {
  const auto seen = deadlines_.look_at(now);
  expiry out{.responses = {}, .next = seen.next};
  for (const auto id : seen.over) out.responses.push_back(admitted_.at(id));
  return out;
}

bool gateway_state::release(std::uint64_t id) {
  deadlines_.erase(id);
  admitted_.erase(id);
  return draining_ && admitted_.empty();
}

namespace {

using gateway_pointer = gateway_actor::stateful_pointer<gateway_state>;

void release(gateway_pointer self, std::uint64_t id) {
  if (!self->state.release(id)) return;
  for (auto& drainer : self->state.drainers) drainer.deliver(caf::ok_atom{});
  self->state.drainers.clear();
}

/// What a client is told when the pipeline gave no answer.
caf::error explain(const caf::error& failure, double budget_seconds) {
  if (failure == caf::sec::request_timeout) {
    return make_failure(ec::deadline, "no answer within the task's " + number(budget_seconds) + " s");
  }
  if (failure == caf::sec::request_receiver_down) {
    return make_failure(ec::stopping, "the pipeline has stopped; the node is going down");
  }
  return failure;
}

caf::result<answer> run(gateway_pointer self, infer_task& task) {
  auto& state = self->state;
  if (state.is_draining()) return make_failure(ec::stopping, "the node finishes what it has and takes no new task");
  if (auto fault = gateway_state::fault_of(task); !fault.empty()) return make_failure(ec::bad_task, fault);
  if (!state.has_room()) {
    return make_failure(ec::busy, "all " + std::to_string(state.options.max_admitted) +
                                      " places for tasks in flight are taken; wait for an answer before sending more");
  }
  const double budget = task.budget_seconds;
  auto admitted = state.admit(std::move(task), self->clock().now());
  const auto id = admitted.id;
  const auto deadline = admitted.deadline;
  auto promise = self->make_response_promise<answer>();
  const auto asked = self->request(state.pipeline, caf::infinite, run_atom{}, std::move(admitted));
  asked.then(
      [self, id, promise](answer& result) mutable {
        promise.deliver(std::move(result));
        release(self, id);
      },
      [self, id, budget, promise](caf::error& failure) mutable {
        promise.deliver(explain(failure, budget));
        release(self, id);
      });
  look_at(self, state.on_asked(id, deadline, asked.id()));
  return promise;
}

void expire(gateway_pointer self) {
  const auto over = self->state.expire(self->clock().now());
  for (const auto response : over.responses) give_up(self, response);
  look_at(self, over.next);
}

}  // namespace

gateway_actor::behavior_type gateway(gateway_pointer self, pipeline_actor pipeline, gateway_options options) {
  drop_strangers(self);
  self->state.pipeline = std::move(pipeline);
  self->state.options = options;
  return {
      [self](infer_atom, infer_task& task) { return run(self, task); },
      [self](drain_atom) -> caf::result<caf::ok_atom> {
        self->state.drain();
        if (self->state.is_empty()) return caf::ok_atom{};
        return self->state.drainers.emplace_back(self->make_response_promise<caf::ok_atom>());
      },
      [self](expire_atom) { expire(self); },
  };
}

gateway_actor spawn_gateway(caf::actor_system& system, pipeline_actor pipeline, gateway_options options) {
  return system.spawn(gateway, std::move(pipeline), options);
}

}  // namespace dvfo::actors
