#include "actors/policy_holder.hpp"

#include <utility>

#include <caf/actor_system.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/caf_compat.hpp"

namespace dvfo::actors {

prepared_decision policy_state::take(const task_terms& terms) {
  situation.eta = terms.eta;
  situation.lambda = terms.lambda;
  auto decided = prepare();
  ++counts.late;
  situation.previous = decided.decision;
  return decided;
}

void policy_state::on_taken(const decision_taken& taken) {
  ++(taken.number == number ? counts.ready : counts.stale);
  situation.previous = taken.decision;
}

prepared_decision policy_state::prepare() {
  return {.decision = scheme->decide(situation),
          .terms = {.eta = situation.eta, .lambda = situation.lambda},
          .number = ++number};
}

namespace {

using policy_pointer = policy_actor::stateful_pointer<policy_state>;

/// Thinking while moving (DVFO §5.1). A scheme that throws here has nothing ready; the next task's own question shows
/// the error to somebody.
void think_ahead(policy_pointer self) {
  if (!self->state.listener) return;
  guarded([&] {
    self->send(self->state.listener, self->state.prepare());
    return caf::ok_atom{};
  });
}

caf::result<prepared_decision> decide(policy_pointer self, const task_terms& terms) {
  auto promise = self->make_response_promise<prepared_decision>();
  // Delivered before the next decision is thought out: the task does not wait for it.
  try {
    promise.deliver(self->state.take(terms));
  } catch (const std::exception& failure) {
    promise.deliver(make_failure(ec::internal, failure.what()));
    return promise;
  }
  think_ahead(self);
  return promise;
}

}  // namespace

policy_actor::behavior_type policy_holder(policy_pointer self, std::shared_ptr<policy::scheme> scheme) {
  drop_strangers(self);
  self->state.scheme = std::move(scheme);
  return {
      [self](const link_up&) {
        self->state.situation.link_up = true;
        think_ahead(self);
      },
      [self](const link_down&) {
        self->state.situation.link_up = false;
        think_ahead(self);
      },
      [self](const bandwidth_reading& reading) {
        self->state.situation.bandwidth_bps = reading.bandwidth_bps;
        self->state.situation.rtt_seconds = reading.rtt_seconds;
      },
      [self](join_atom, decision_listener& listener) {
        self->state.listener = std::move(listener);
        think_ahead(self);
      },
      [self](const decision_taken& taken) {
        self->state.on_taken(taken);
        think_ahead(self);
      },
      [self](decide_atom, const task_terms& terms) { return decide(self, terms); },
      [self](observe_atom, task_report& report) {
        self->state.situation.importance = std::move(report.importance);
        guarded([&] {
          self->state.scheme->observe(report.outcome);
          return caf::ok_atom{};
        });
      },
  };
}

policy_actor spawn_policy(caf::actor_system& system, std::shared_ptr<policy::scheme> scheme) {
  return system.spawn(policy_holder, std::move(scheme));
}

}  // namespace dvfo::actors
