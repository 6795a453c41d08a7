#include "actors/pipeline.hpp"

#include <utility>

#include <caf/actor_system.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/caf_compat.hpp"

namespace dvfo::actors {

time_point pipeline_state::answer_by(const task_run& run) const {
  auto reserve = options.answer_reserve;
  if (run.share() >= 1.0) reserve += rescue.value();
  return run.admitted().deadline - std::chrono::duration_cast<time_point::duration>(reserve);
}

namespace {

using pipeline_pointer = pipeline_actor::stateful_pointer<pipeline_state>;

void advance(pipeline_pointer self, std::uint64_t id);

pipeline_state::entry* find(pipeline_pointer self, std::uint64_t id) {
  const auto place = self->state.tasks.find(id);
  return place == self->state.tasks.end() ? nullptr : &place->second;
}

/// Every exit of a task: delivers, forgets, and only then tells the policy.
void answer_and_forget(pipeline_pointer self, std::uint64_t id, answer result) {
  auto node = self->state.tasks.extract(id);
  node.mapped().promise.deliver(std::move(result));
  self->send(self->state.partners.policy, observe_atom{}, std::move(node.mapped().run).report());
}

void fail(pipeline_pointer self, std::uint64_t id, const caf::error& failure) {
  auto node = self->state.tasks.extract(id);
  if (!node.empty()) node.mapped().promise.deliver(failure);
}

void on_local(pipeline_pointer self, std::uint64_t id, local_result& half) {
  auto* entry = find(self, id);
  if (!entry) return;
  if (entry->run.share() <= 0.0) self->state.rescue.observe(half.seconds);
  entry->run.on_local(std::move(half));
  advance(self, id);
}

void on_remote(pipeline_pointer self, std::uint64_t id, offload_result& half) {
  auto* entry = find(self, id);
  if (!entry) return;
  entry->run.on_remote(std::move(half));
  advance(self, id);
}

/// Requests inside the process wait without limit: offload times its own request, and gateway answers at the deadline.
void start_rescue(pipeline_pointer self, std::uint64_t id, task_run& run) {
  self->request(self->state.partners.local, caf::infinite, local_atom{}, run.make_rescue())
      .then([self, id](local_result& half) { on_local(self, id, half); },
            [self, id](const caf::error& failure) { fail(self, id, failure); });
}

void start_fusion(pipeline_pointer self, std::uint64_t id, task_run& run) {
  self->request(self->state.partners.fusion, caf::infinite, fuse_atom{}, run.make_fusion())
      .then(
          [self, id](fusion_result& fused) {
            if (auto* entry = find(self, id)) {
              answer_and_forget(self, id, entry->run.finish_fused(std::move(fused), self->clock().now()));
            }
          },
          [self, id](const caf::error& failure) { fail(self, id, failure); });
}

void advance(pipeline_pointer self, std::uint64_t id) {
  auto& run = self->state.tasks.at(id).run;
  switch (run.next()) {
    case next_step::wait:
      return;
    case next_step::fuse:
      return start_fusion(self, id, run);
    case next_step::rescue:
      return start_rescue(self, id, run);
    case next_step::answer_local:
    case next_step::answer_remote:
      return answer_and_forget(self, id, run.finish_one_half(self->clock().now()));
  }
}

void on_extracted(pipeline_pointer self, const extracted& found) {
  auto* entry = find(self, found.task_id);
  if (!entry || !entry->run.on_extracted(found)) return;
  const auto id = found.task_id;
  auto job = entry->run.make_offload(self->state.answer_by(entry->run));
  self->request(self->state.partners.offload, caf::infinite, offload_atom{}, std::move(job))
      .then([self, id](offload_result& half) { on_remote(self, id, half); },
            [self, id](const caf::error& failure) { fail(self, id, failure); });
}

void apply_frequencies(pipeline_pointer self, const policy::decision& decided) {
  const auto& actuator = self->state.partners.actuator;
  if (!actuator || !(decided.cpu_hz || decided.gpu_hz || decided.memory_hz)) return;
  // The task does not wait for the clocks: they hold when they hold. A refusal shows in the actuator's own report.
  self->request(actuator, caf::infinite, apply_atom{}, decided)
      .then([](const applied_frequencies&) {}, [](const caf::error&) {});
}

void start(pipeline_pointer self, admitted_task task, caf::typed_response_promise<answer> promise,
           const policy::decision& decided) {
  apply_frequencies(self, decided);
  const auto id = task.id;
  const auto place = self->state.tasks.emplace(
      id, pipeline_state::entry{task_run(std::move(task), decided, self->state.is_link_up), std::move(promise)});
  const auto& run = place.first->second.run;
  extraction_job job{.task_id = id,
                     .image = run.admitted().task.image,
                     .share = run.share(),
                     .deadline = run.admitted().deadline,
                     .listener = extraction_listener(self)};
  self->request(self->state.partners.local, caf::infinite, extract_atom{}, std::move(job))
      .then([self, id](local_result& half) { on_local(self, id, half); },
            [self, id](const caf::error& failure) { fail(self, id, failure); });
}

caf::result<answer> run_task(pipeline_pointer self, admitted_task& task) {
  auto promise = self->make_response_promise<answer>();
  const task_terms terms{.eta = task.task.eta, .lambda = task.task.lambda};
  self->request(self->state.partners.policy, caf::infinite, decide_atom{}, terms)
      .then([self, promise, task = std::move(task)](
                const policy::decision& decided) mutable { start(self, std::move(task), promise, decided); },
            [promise](const caf::error& failure) mutable { promise.deliver(failure); });
  return promise;
}

}  // namespace

pipeline_actor::behavior_type pipeline(pipeline_pointer self, pipeline_partners partners, pipeline_options options) {
  drop_strangers(self);
  self->state.partners = std::move(partners);
  self->state.options = options;
  self->state.rescue = rescue_estimate(options.rescue_time);
  return {
      [self](const link_up&) { self->state.is_link_up = true; },
      [self](const link_down&) { self->state.is_link_up = false; },
      [self](run_atom, admitted_task& task) { return run_task(self, task); },
      [self](const extracted& found) { on_extracted(self, found); },
  };
}

pipeline_actor spawn_pipeline(caf::actor_system& system, pipeline_partners partners, pipeline_options options) {
  return system.spawn(pipeline, std::move(partners), options);
}

}  // namespace dvfo::actors
