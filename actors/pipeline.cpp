#include "actors/pipeline.hpp"

#include <algorithm>
#include <utility>

#include <caf/actor_system.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/caf_compat.hpp"

namespace dvfo::actors {

time_point pipeline_state::answer_by(const task_run& run) const {
  auto reserve = options.answer_reserve;
  if (run.share() >= 1.0 && run.needs_rescue()) {
    reserve += rescue.value();
    if (!run.is_extracted()) reserve += front.value();
  }
  return run.admitted().deadline - std::chrono::duration_cast<time_point::duration>(reserve);
}

sensed_state pipeline_state::sense() const {
  const auto behind = std::count_if(tasks.begin(), tasks.end(), [](const auto& each) {
    return each.second.run.needs_front() && !each.second.run.is_extracted();
  });
  return {.in_force = in_force,
          .waiting_tasks = static_cast<double>(behind),
          .thinking_share = thinking_share,
          .celsius = celsius};
}

void pipeline_state::on_begin(time_point now) {
  if (began && sensed && *sensed >= *began && now > *began) {
    thinking_share = seconds_between(*sensed, now) / seconds_between(*began, now);
  }
  began = now;
}

namespace {

using pipeline_pointer = pipeline_actor::stateful_pointer<pipeline_state>;

void advance(pipeline_pointer self, std::uint64_t id);

pipeline_state::entry* find(pipeline_pointer self, std::uint64_t id) {
  const auto place = self->state.tasks.find(id);
  return place == self->state.tasks.end() ? nullptr : &place->second;
}

/// What the task cost in energy: its share of the measured power, and the model's estimate.
void settle_energy(pipeline_state& state, policy::outcome& cost, time_point now) {
  cost.clocks = state.in_force;
  cost.bandwidth_bps = state.bandwidth_bps;
  cost.eti_measured_joules = state.energy.end_task(cost.task_id, now);
  if (state.options.estimate_joules) cost.eti_estimated_joules = state.options.estimate_joules(cost);
}

/// Every exit of a task: delivers, forgets, and only then tells the policy.
void answer_and_forget(pipeline_pointer self, std::uint64_t id, answer result, time_point now) {
  auto node = self->state.tasks.extract(id);
  settle_energy(self->state, result.outcome, now);
  if (self->state.options.on_answer) self->state.options.on_answer(result.outcome);
  auto report = std::move(node.mapped().run).report(result.outcome);
  report.number = node.mapped().number;
  report.sensed = self->state.sense();
  node.mapped().promise.deliver(std::move(result));
  self->send(self->state.partners.policy, observe_atom{}, std::move(report));
}

void fail(pipeline_pointer self, std::uint64_t id, const caf::error& failure) {
  auto node = self->state.tasks.extract(id);
  if (node.empty()) return;
  self->state.energy.end_task(id, self->clock().now());
  if (node.mapped().taken) self->send(self->state.partners.policy, *node.mapped().taken);
  node.mapped().promise.deliver(failure);
}

void on_local(pipeline_pointer self, std::uint64_t id, local_result& half) {
  auto* entry = find(self, id);
  if (!entry) return;
  if (entry->run.share() <= 0.0) self->state.rescue.observe(half.seconds);
  entry->run.on_local(std::move(half), self->clock().now());
  advance(self, id);
}

void on_remote(pipeline_pointer self, std::uint64_t id, offload_result& half) {
  auto* entry = find(self, id);
  if (!entry) return;
  entry->run.on_remote(std::move(half), self->clock().now());
  advance(self, id);
}

/// Requests inside the process wait without limit: offload times its own request, and gateway answers at the deadline.
void start_rescue(pipeline_pointer self, std::uint64_t id, task_run& run) {
  self->request(self->state.partners.local, caf::infinite, local_atom{}, run.make_rescue())
      .then([self, id](local_result& half) { on_local(self, id, half); },
            [self, id](const caf::error& failure) { fail(self, id, failure); });
}

/// Extraction, too: at share 0 the local half follows it.
void start_front(pipeline_pointer self, std::uint64_t id, const task_run& run) {
  extraction_job job{.task_id = id,
                     .input = run.admitted().task.input,
                     .share = run.share(),
                     .deadline = run.admitted().deadline,
                     .listener = extraction_listener(self)};
  self->request(self->state.partners.local, caf::infinite, extract_atom{}, std::move(job))
      .then([self, id](local_result& half) { on_local(self, id, half); },
            [self, id](const caf::error& failure) { fail(self, id, failure); });
}

void start_fusion(pipeline_pointer self, std::uint64_t id, task_run& run) {
  self->request(self->state.partners.fusion, caf::infinite, fuse_atom{}, run.make_fusion())
      .then(
          [self, id](fusion_result& fused) {
            if (auto* entry = find(self, id)) {
              const auto now = self->clock().now();
              answer_and_forget(self, id, entry->run.finish_fused(std::move(fused), now), now);
            }
          },
          [self, id](const caf::error& failure) { fail(self, id, failure); });
}

void start_offload(pipeline_pointer self, std::uint64_t id, const task_run& run);

void judge(pipeline_pointer self, std::uint64_t id, task_run& run) {
  const auto& accepts = self->state.options.accepts;
  if (!accepts || accepts(run.local_logits())) {
    run.accept();
  } else if (run.appeal(self->state.is_link_up)) {
    return start_offload(self, id, run);
  }
  advance(self, id);
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
    case next_step::rescue_all:
      run.rescue_all();
      return start_front(self, id, run);
    case next_step::judge:
      return judge(self, id, run);
    case next_step::answer_local:
    case next_step::answer_remote: {
      const auto now = self->clock().now();
      return answer_and_forget(self, id, run.finish_one_half(now), now);
    }
  }
}

void start_offload(pipeline_pointer self, std::uint64_t id, const task_run& run) {
  self->request(self->state.partners.offload, caf::infinite, offload_atom{},
                run.make_offload(self->state.answer_by(run)))
      .then([self, id](offload_result& half) { on_remote(self, id, half); },
            [self, id](const caf::error& failure) { fail(self, id, failure); });
}

/// Only when the task is on its way everywhere: thinking ahead must not take a core from it.
void tell_policy(pipeline_pointer self, pipeline_state::entry& entry) {
  if (!entry.taken) return;
  entry.taken->sensed = self->state.sense();
  self->state.sensed = self->clock().now();
  self->send(self->state.partners.policy, *std::exchange(entry.taken, std::nullopt));
}

void on_extracted(pipeline_pointer self, const extracted& found) {
  auto* entry = find(self, found.task_id);
  if (!entry) return;
  self->state.front.observe(found.extract_seconds);
  if (entry->run.on_extracted(found)) start_offload(self, found.task_id, entry->run);
  tell_policy(self, *entry);
}

/// One order at a time: an actuator is slower than tasks may come, and what it has not begun is worth nothing once
/// there is a newer order. No task waits for the clocks: they hold when they hold (DVFO §4.2: the world moves on).
void apply_clocks(pipeline_pointer self, const device::clocks& order) {
  auto& state = self->state;
  if (!state.partners.actuator || !order.any()) return;
  if (state.is_applying) {
    state.waiting = order;
    return;
  }
  state.is_applying = true;
  const auto next = [self] {
    self->state.is_applying = false;
    if (self->state.waiting) apply_clocks(self, *std::exchange(self->state.waiting, std::nullopt));
  };
  self->request(state.partners.actuator, caf::infinite, apply_atom{}, order)
      .then(
          [self, next](const device::applied_clocks& applied) {
            self->state.in_force = applied.effective();
            next();
          },
          // The actuator has said so in the log; the old clocks stay.
          [next](const caf::error&) { next(); });
}

/// Keeps the power sensor reading while tasks come.
void watch_power(pipeline_pointer self, time_point now) {
  auto& state = self->state;
  if (!state.partners.power) return;
  if (state.watched_since && now - *state.watched_since < defaults::power::renewal) return;
  state.watched_since = now;
  self->send(state.partners.power, watch_atom{});
}

/// `taken`: the policy is still to be told that the decision was used.
void start(pipeline_pointer self, admitted_task task, caf::typed_response_promise<answer> promise,
           const policy::decision& decided, std::uint64_t number, std::optional<decision_taken> taken) {
  apply_clocks(self, decided.clocks);
  const auto id = task.id;
  const auto now = self->clock().now();
  self->state.energy.begin_task(id, now);
  self->state.on_begin(now);
  const auto place =
      self->state.tasks.emplace(id, pipeline_state::entry{task_run(std::move(task), decided, self->state.is_link_up),
                                                          std::move(promise), taken, number});
  auto& entry = place.first->second;
  if (entry.run.sends_at_once()) start_offload(self, id, entry.run);
  if (entry.run.needs_front()) start_front(self, id, entry.run);
  // Where tasks follow each other closely, the next may be here before this one's features are.
  if (!entry.run.needs_front() || self->state.tasks.size() > 1) tell_policy(self, entry);
}

/// The decision that the policy thought out ahead, if it is for these terms.
std::optional<decision_taken> take_prepared(pipeline_state& state, const task_terms& terms) {
  if (!state.prepared || state.prepared->terms != terms) return std::nullopt;
  const auto taken = *std::exchange(state.prepared, std::nullopt);
  return decision_taken{.decision = taken.decision, .number = taken.number};
}

caf::result<answer> run_task(pipeline_pointer self, admitted_task& task) {
  auto promise = self->make_response_promise<answer>();
  watch_power(self, self->clock().now());
  const task_terms terms{.eta = task.task.eta, .lambda = task.task.lambda};
  if (const auto ready = take_prepared(self->state, terms)) {
    start(self, std::move(task), promise, ready->decision, ready->number, ready);
    return promise;
  }
  // What was used is told first, or the policy would take it for outdated.
  for (auto& [id, entry] : self->state.tasks) tell_policy(self, entry);
  self->request(self->state.partners.policy, caf::infinite, decide_atom{}, terms)
      .then(
          [self, promise, task = std::move(task)](const prepared_decision& decided) mutable {
            // What was prepared before this one was made for a world without it.
            if (self->state.prepared && self->state.prepared->number < decided.number) self->state.prepared.reset();
            start(self, std::move(task), promise, decided.decision, decided.number, std::nullopt);
          },
          [promise](const caf::error& failure) mutable { promise.deliver(failure); });
  return promise;
}

}  // namespace

pipeline_actor::behavior_type pipeline(pipeline_pointer self, pipeline_partners partners, pipeline_options options) {
  drop_strangers(self);
  self->state.partners = std::move(partners);
  self->state.rescue = rescue_estimate(options.rescue_time);
  self->state.energy = device::energy_account(options.power_hold.count(), options.highest_watts);
  self->state.options = std::move(options);
  self->send(self->state.partners.policy, join_atom{}, decision_listener(self));
  if (self->state.partners.power) self->send(self->state.partners.power, join_atom{}, power_listener(self));
  return {
      [self](const link_up&) { self->state.is_link_up = true; },
      [self](const link_down&) { self->state.is_link_up = false; },
      [self](const prepared_decision& ready) { self->state.prepared = ready; },
      [self](const power_reading& reading) {
        self->state.energy.on_power(reading.when, reading.watts, reading.total_joules, reading.counted_since);
        if (reading.celsius) self->state.celsius = reading.celsius;
        if (!self->state.tasks.empty()) watch_power(self, self->clock().now());
      },
      [self](const bandwidth_reading& reading) { self->state.bandwidth_bps = reading.bandwidth_bps; },
      [self](run_atom, admitted_task& task) { return run_task(self, task); },
      [self](const extracted& found) { on_extracted(self, found); },
  };
}

pipeline_actor spawn_pipeline(caf::actor_system& system, pipeline_partners partners, pipeline_options options) {
  return system.spawn(pipeline, std::move(partners), std::move(options));
}

}  // namespace dvfo::actors
