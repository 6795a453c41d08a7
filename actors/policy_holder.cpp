#include "actors/policy_holder.hpp"

#include <algorithm>
#include <utility>

#include <caf/actor_system.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/caf_compat.hpp"

namespace dvfo::actors {
namespace {

/// Bandwidths that differ by less lead to the same decision or to one about as good; jitter on a fast link is no news.
constexpr double noticeable_factor = 1.5;

bool differ(const std::optional<double>& a, const std::optional<double>& b) {
  if (!a || !b) return a.has_value() != b.has_value();
  return std::max(*a, *b) > noticeable_factor * std::min(*a, *b);
}

}  // namespace

prepared_decision policy_state::take(const task_terms& terms) {
  situation.eta = terms.eta;
  situation.lambda = terms.lambda;
  ++counts.late;
  auto decided = prepare();
  situation.previous = decided.decision;
  return decided;
}

void policy_state::on_taken(const decision_taken& taken) {
  if (taken.number == 0) {
    // It has asked, and was counted as late.
    if (counts.late > 0) --counts.late;
    ++counts.defaulted;
  } else {
    ++(taken.number == number ? counts.ready : counts.stale);
  }
  situation.previous = taken.decision;
  on_sensed(taken.sensed);
}

bool policy_state::on_reading(const bandwidth_reading& reading) {
  situation.bandwidth_bps = reading.bandwidth_bps;
  situation.rtt_seconds = reading.rtt_seconds;
  return differ(situation.bandwidth_bps, decided_bps);
}

void policy_state::on_sensed(const sensed_state& sensed) {
  situation.in_force = sensed.in_force;
  situation.waiting_tasks = sensed.waiting_tasks;
  situation.thinking_share = sensed.thinking_share;
  situation.celsius = sensed.celsius;
}

prepared_decision policy_state::prepare() {
  prepared_decision out{.decision = scheme->decide(situation),
                        .terms = {.eta = situation.eta, .lambda = situation.lambda},
                        .number = ++number,
                        .seen = std::make_shared<const policy::situation>(situation)};
  decided_bps = situation.bandwidth_bps;
  return out;
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

policy_actor::behavior_type policy_holder(policy_pointer self, std::shared_ptr<policy::scheme> scheme,
                                          policy_options options) {
  drop_strangers(self);
  self->state.scheme = std::move(scheme);
  self->state.situation.eta = options.first.eta;
  self->state.situation.lambda = options.first.lambda;
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
        if (self->state.on_reading(reading)) think_ahead(self);
      },
      [self, is_blocking = options.is_blocking](join_atom, decision_listener& listener) {
        if (is_blocking) return;
        self->state.listener = std::move(listener);
        think_ahead(self);
      },
      [self](const decision_taken& taken) {
        self->state.on_taken(taken);
        think_ahead(self);
      },
      [self](decide_atom, const task_terms& terms) { return decide(self, terms); },
      [self](status_atom) { return self->state.counts; },
      [self, remember = std::move(options.remember)](observe_atom, task_feedback& feedback) {
        if (remember && feedback.seen) remember(policy::experience_of(*feedback.seen, feedback.outcome));
        if (!self->state.listener) self->state.on_sensed(feedback.sensed);
        if (!feedback.importance.empty()) self->state.situation.importance = std::move(feedback.importance);
        if (!feedback.seen) return;  // no decision of the scheme's
        guarded([&] {
          self->state.scheme->observe(feedback.outcome);
          return caf::ok_atom{};
        });
      },
  };
}

policy_actor spawn_policy(caf::actor_system& system, std::shared_ptr<policy::scheme> scheme, policy_options options) {
  return system.spawn(policy_holder, std::move(scheme), std::move(options));
}

}  // namespace dvfo::actors
