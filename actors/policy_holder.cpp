#include "actors/policy_holder.hpp"

#include <utility>

#include <caf/actor_system.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/caf_compat.hpp"

namespace dvfo::actors {

policy::decision policy_state::take(const task_terms& terms) {
  const bool have_terms_changed = terms.eta != situation.eta || terms.lambda != situation.lambda;
  situation.eta = terms.eta;
  situation.lambda = terms.lambda;
  if (!prepared || have_terms_changed) {
    ++unprepared;
    prepared = scheme->decide(situation);
  }
  situation.previous = *prepared;
  return *std::exchange(prepared, std::nullopt);
}

void policy_state::prepare() {
  prepared.reset();
  prepared = scheme->decide(situation);
}

namespace {

using policy_pointer = policy_actor::stateful_pointer<policy_state>;

/// A scheme that throws while it thinks ahead has nothing ready; the next task's own question shows the error to
/// somebody.
void think_ahead(policy_state& state) {
  guarded([&] {
    state.prepare();
    return caf::ok_atom{};
  });
}

caf::result<policy::decision> decide(policy_pointer self, const task_terms& terms) {
  auto taken = guarded([&] { return self->state.take(terms); }, ec::internal);
  if (taken.flag == caf::rt_error) return taken;
  // Delivered before the next decision is thought out: the task does not wait for it.
  auto promise = self->make_response_promise<policy::decision>();
  promise.deliver(self->state.situation.previous);
  think_ahead(self->state);
  return promise;
}

}  // namespace

policy_actor::behavior_type policy_holder(policy_pointer self, std::shared_ptr<policy::scheme> scheme) {
  drop_strangers(self);
  self->state.scheme = std::move(scheme);
  return {
      [self](const link_up&) {
        self->state.situation.link_up = true;
        think_ahead(self->state);
      },
      [self](const link_down&) {
        self->state.situation.link_up = false;
        think_ahead(self->state);
      },
      [self](decide_atom, const task_terms& terms) { return decide(self, terms); },
      [self](observe_atom, task_report& report) {
        self->state.situation.importance = std::move(report.importance);
        guarded([&] {
          self->state.scheme->observe(report.outcome);
          return caf::ok_atom{};
        });
      },
      [self](const bandwidth_reading& reading) {
        self->state.situation.bandwidth_bps = reading.bandwidth_bps;
        self->state.situation.rtt_seconds = reading.rtt_seconds;
      },
  };
}

policy_actor spawn_policy(caf::actor_system& system, std::shared_ptr<policy::scheme> scheme) {
  return system.spawn(policy_holder, std::move(scheme));
}

}  // namespace dvfo::actors
