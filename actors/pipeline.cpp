#include "actors/pipeline.hpp"

#include <utility>

#include <caf/actor_system.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/caf_compat.hpp"

namespace dvfo::actors {

namespace {

using pipeline_pointer = pipeline_actor::stateful_pointer<pipeline_state>;

void advance(pipeline_pointer self, std::uint64_t id);

pipeline_state::entry* find(pipeline_pointer self, std::uint64_t id) {
  const auto place = self->state.tasks.find(id);
  return place == self->state.tasks.end() ? nullptr : &place->second;
}

/// Every exit of a task: nothing of it is left behind.
pipeline_state::entry forget(pipeline_pointer self, std::uint64_t id) {
  auto& state = self->state;
  auto node = state.tasks.extract(id);
  state.deadlines.erase(id);
  state.local_jobs.erase(id);
  if (node.mapped().asked) give_up(self, *node.mapped().asked);
  return std::move(node.mapped());
}

/// Delivers, and only then tells the policy.
void answer_and_forget(pipeline_pointer self, std::uint64_t id, answer result, time_point now) {
  auto entry = forget(self, id);
  self->state.settle_energy(result.outcome, now);
  for (const auto& observe : self->state.options.observers) observe(result.outcome);
  auto feedback = std::move(entry.run).feedback(result.outcome);
  feedback.seen = std::move(entry.seen);
  feedback.sensed = self->state.sense();
  entry.promise.deliver(std::move(result));
  self->send(self->state.partners.policy, observe_atom{}, std::move(feedback));
}

void fail(pipeline_pointer self, std::uint64_t id, const caf::error& failure) {
  if (!find(self, id)) return;
  auto entry = forget(self, id);
  self->state.energy.end_task(id, self->clock().now());
  if (entry.taken) self->send(self->state.partners.policy, *entry.taken);
  entry.promise.deliver(failure);
}

void on_features(pipeline_pointer self, pipeline_state::entry& entry, const extracted& found);

void on_local(pipeline_pointer self, std::uint64_t id, local_result& half) {
  auto* entry = find(self, id);
  if (!entry) return;
  if (half.found) on_features(self, *entry, *half.found);
  if (entry->run.share() <= 0.0) self->state.rescue.observe(half.seconds);
  entry->run.on_local(std::move(half), self->clock().now());
  advance(self, id);
}

void on_remote(pipeline_pointer self, std::uint64_t id, offload_result half) {
  auto* entry = find(self, id);
  if (!entry) return;
  entry->asked.reset();
  look_at(self, self->state.deadlines.set(id, entry->run.admitted().deadline));
  entry->run.on_remote(std::move(half), self->clock().now());
  advance(self, id);
}

/// Offload answers in time and without errors; where it does not, the cloud half has failed all the same.
void on_remote_failure(pipeline_pointer self, std::uint64_t id, const caf::error& failure) {
  offload_result half;
  half.task_id = id;
  half.degraded = failure == caf::sec::request_timeout ? policy::degraded_reason::cloud_late
                                                       : policy::degraded_reason::offload_failed;
  half.text = text_of(failure);
  on_remote(self, id, std::move(half));
}

/// For local_inference, as soon as it has room. A job has no limit of its own: one that is not answered keeps its
/// place, and its task ends at the deadline.
template <class Atom, class Job>
void ask_local(pipeline_pointer self, Atom what, Job job) {
  const auto id = job.task_id;
  self->state.local_jobs.push(id, [self, what, id, job = std::move(job)]() mutable {
    self->request(self->state.partners.local, caf::infinite, what, std::move(job))
        .then(
            [self, id](local_result& half) {
              self->state.local_jobs.on_answer();
              on_local(self, id, half);
            },
            [self, id](const caf::error& failure) {
              self->state.local_jobs.on_answer();
              fail(self, id, failure);
            });
  });
}

void start_rescue(pipeline_pointer self, task_run& run) { ask_local(self, local_atom{}, run.make_rescue()); }

/// Extraction, too: at share 0 the local half follows it. `tells_early`: the features are needed before the local half
/// is.
void start_front(pipeline_pointer self, const task_run& run, bool tells_early) {
  extraction_job job{.task_id = run.admitted().id,
                     .input = run.admitted().task.input,
                     .share = run.share(),
                     .deadline = run.admitted().deadline,
                     .listener = {}};
  if (tells_early) job.listener = extraction_listener(self);
  ask_local(self, extract_atom{}, std::move(job));
}

void start_fusion(pipeline_pointer self, std::uint64_t id, pipeline_state::entry& entry) {
  const auto asked = self->request(self->state.partners.fusion, caf::infinite, fuse_atom{}, entry.run.make_fusion());
  entry.asked = asked.id();
  asked.then(
      [self, id](fusion_result& fused) {
        auto* there = find(self, id);
        if (!there) return;
        there->asked.reset();
        const auto now = self->clock().now();
        answer_and_forget(self, id, there->run.finish_fused(std::move(fused), now), now);
      },
      [self, id](const caf::error& failure) { fail(self, id, failure); });
}

void start_offload(pipeline_pointer self, std::uint64_t id, pipeline_state::entry& entry) {
  const auto answer_by = self->state.answer_by(entry.run);
  const auto asked =
      self->request(self->state.partners.offload, caf::infinite, offload_atom{}, entry.run.make_offload(answer_by));
  entry.asked = asked.id();
  look_at(self, self->state.deadlines.set(id, answer_by + defaults::pipeline::partner_grace));
  asked.then([self, id](offload_result& half) { on_remote(self, id, std::move(half)); },
             [self, id](const caf::error& failure) { on_remote_failure(self, id, failure); });
}

void judge(pipeline_pointer self, std::uint64_t id, pipeline_state::entry& entry) {
  auto& run = entry.run;
  const auto& accepts = self->state.options.accepts;
  if (!accepts || accepts(run.local_logits())) {
    run.accept();
  } else if (run.appeal(self->state.is_link_up)) {
    return start_offload(self, id, entry);
  }
  advance(self, id);
}

void advance(pipeline_pointer self, std::uint64_t id) {
  auto& entry = self->state.tasks.at(id);
  auto& run = entry.run;
  switch (run.next()) {
    case next_step::wait:
      return;
    case next_step::fuse:
      return start_fusion(self, id, entry);
    case next_step::rescue:
      return start_rescue(self, run);
    case next_step::rescue_all:
      run.rescue_all();
      return start_front(self, run, false);
    case next_step::judge:
      return judge(self, id, entry);
    case next_step::answer_local:
    case next_step::answer_remote: {
      const auto now = self->clock().now();
      return answer_and_forget(self, id, run.finish_one_half(now), now);
    }
  }
}

/// Only when the task is on its way everywhere: thinking ahead must not take a core from it. `has_begun`: nothing else
/// is before it, though its features are still to come.
void tell_policy(pipeline_pointer self, pipeline_state::entry& entry, bool has_begun = false) {
  if (!entry.taken) return;
  entry.taken->sensed = self->state.sense();
  if (has_begun) entry.taken->sensed.waiting_tasks -= 1.0;
  self->state.sensed = self->clock().now();
  self->send(self->state.partners.policy, *std::exchange(entry.taken, std::nullopt));
}

void on_features(pipeline_pointer self, pipeline_state::entry& entry, const extracted& found) {
  self->state.front.observe(found.extract_seconds);
  if (entry.run.on_extracted(found)) start_offload(self, found.task_id, entry);
  tell_policy(self, entry);
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
  // Without a limit, because no task waits for it and a second order would only wait behind the first.
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

/// Puts a task on its way whose decision is there. `untold`: the policy does not know yet that it was used.
void start(pipeline_pointer self, task_run run, caf::typed_response_promise<answer> promise,
           const prepared_decision& by, bool untold) {
  auto& state = self->state;
  apply_clocks(self, by.decision.clocks);
  const auto id = run.admitted().id;
  const auto now = self->clock().now();
  state.energy.begin_task(id, now);
  state.on_begin(now);
  look_at(self, state.deadlines.set(id, run.admitted().deadline));
  auto& entry =
      state.tasks.emplace(id, pipeline_state::entry{std::move(run), std::move(promise), {}, by.seen, {}}).first->second;
  if (untold) entry.taken = decision_taken{.decision = by.decision, .number = by.number};
  if (entry.run.sends_at_once()) start_offload(self, id, entry);
  // Where nothing is sent and the clocks stand, the features tell nothing before the local half is there: one message
  // between threads less.
  const bool tells_early = entry.run.share() > 0.0 || state.is_applying;
  if (entry.run.needs_front()) start_front(self, entry.run, tells_early);
  const bool is_alone = state.tasks.size() == 1;
  // Where tasks follow each other closely, the next may be here before this one's features are.
  if (!entry.run.needs_front() || !is_alone || !tells_early) {
    tell_policy(self, entry, is_alone && entry.run.needs_front());
  }
}

void on_decided(pipeline_pointer self, std::uint64_t id, const prepared_decision& decided) {
  auto& state = self->state;
  auto waiting = state.take_undecided(id);
  if (!waiting) return;
  // What was prepared before this one was made for a world without it.
  if (state.prepared && state.prepared->number < decided.number) state.prepared.reset();
  start(self, task_run(std::move(waiting->task), decided.decision, state.is_link_up), waiting->promise, decided, false);
}

/// The policy failed, or is late: the task does without it, on the edge and with the clocks as they stand, which always
/// gives an answer.
void on_no_decision(pipeline_pointer self, std::uint64_t id) {
  auto waiting = self->state.take_undecided(id);
  if (!waiting) return;
  start(self, task_run(std::move(waiting->task)), waiting->promise, {}, true);
}

void ask_policy(pipeline_pointer self, admitted_task task, caf::typed_response_promise<answer> promise) {
  auto& state = self->state;
  // What was used is told first, or the policy would take it for outdated.
  for (auto& [id, entry] : state.tasks) tell_policy(self, entry);
  const auto id = task.id;
  const auto asked = self->request(state.partners.policy, caf::infinite, decide_atom{},
                                   task_terms{.eta = task.task.eta, .lambda = task.task.lambda});
  look_at(self, state.deadlines.set(id, pipeline_state::decide_by(task, self->clock().now())));
  state.undecided.emplace(id, pipeline_state::undecided_task{std::move(task), std::move(promise), asked.id()});
  asked.then([self, id](const prepared_decision& decided) { on_decided(self, id, decided); },
             [self, id](const caf::error&) { on_no_decision(self, id); });
}

caf::result<answer> run_task(pipeline_pointer self, admitted_task& task) {
  auto& state = self->state;
  auto promise = self->make_response_promise<answer>();
  watch_power(self, self->clock().now());
  if (const auto ready = state.take_prepared({.eta = task.task.eta, .lambda = task.task.lambda})) {
    start(self, task_run(std::move(task), ready->decision, state.is_link_up), promise, *ready, true);
  } else {
    ask_policy(self, std::move(task), promise);
  }
  return promise;
}

/// Some task's time is over: for its decision, for its cloud half, or altogether.
void expire(pipeline_pointer self) {
  auto& state = self->state;
  const auto now = self->clock().now();
  const auto seen = state.deadlines.look_at(now);
  look_at(self, seen.next);
  for (const auto id : seen.over) {
    if (const auto place = state.undecided.find(id); place != state.undecided.end()) {
      give_up(self, place->second.asked);
    } else if (auto* entry = find(self, id); entry && entry->asked && now < entry->run.admitted().deadline) {
      give_up(self, *entry->asked);
    } else {
      fail(self, id, make_failure(ec::deadline, "the task's deadline came while a half of it was still under way"));
    }
  }
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
      [self](const extracted& found) {
        if (auto* entry = find(self, found.task_id)) on_features(self, *entry, found);
      },
      [self](expire_atom) { expire(self); },
  };
}

pipeline_actor spawn_pipeline(caf::actor_system& system, pipeline_partners partners, pipeline_options options) {
  return system.spawn(pipeline, std::move(partners), std::move(options));
}

}  // namespace dvfo::actors
