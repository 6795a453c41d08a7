#include "actors/policy_holder.hpp"

#include <stdexcept>

#include "tests/actors/actor_test.hpp"
#include "tests/actors/mocks.hpp"

namespace dvfo::actors {
namespace {

/// Records what it is shown; decides for the share it is set to.
class scripted_scheme : public policy::scheme {
 public:
  policy::decision decide(const policy::situation& now) override {
    if (is_broken) throw std::runtime_error("no network");
    seen.push_back(now);
    policy::decision out;
    out.share = share;
    return out;
  }
  void observe(const policy::outcome& result) override {
    if (is_broken) throw std::runtime_error("no memory");
    observed.push_back(result.task_id);
  }

  double share = 0.25;
  bool is_broken = false;
  std::vector<policy::situation> seen;
  std::vector<std::uint64_t> observed;
};

caf::behavior listening(caf::event_based_actor* self, std::shared_ptr<tray<prepared_decision>> decisions) {
  return mock_behavior(self, into(decisions));
}

class policy_holder_test : public actor_test {
 protected:
  auto decide(task_terms terms = {}) { return ask<prepared_decision>(holder_, decide_atom{}, terms); }

  /// Lets a listener join and returns what it was told at once.
  prepared_decision join() {
    tell(holder_, join_atom{}, caf::actor_cast<decision_listener>(owned(system_.spawn(listening, prepared_))));
    return prepared_->take();
  }

  std::shared_ptr<scripted_scheme> scheme_ = std::make_shared<scripted_scheme>();
  std::shared_ptr<tray<prepared_decision>> prepared_ = std::make_shared<tray<prepared_decision>>("listener");
  policy_actor holder_ = owned(spawn_policy(system_, scheme_));
};

TEST_F(policy_holder_test, the_next_decision_is_with_the_listener_before_it_is_needed) {
  const auto first = join();
  EXPECT_EQ(first.decision.share, 0.25);
  scheme_->share = 0.75;
  tell(holder_, decision_taken{first.decision, first.number});
  EXPECT_EQ(scheme_->seen.back().previous.share, 0.25) << "thought out with a_(t-1) as input";
  const auto second = prepared_->take();
  EXPECT_EQ(second.decision.share, 0.75);
  EXPECT_GT(second.number, first.number);
}

TEST_F(policy_holder_test, who_asks_gets_a_decision_at_once_and_the_listener_the_one_after) {
  const auto ahead = join();
  const auto reply = decide();
  ASSERT_TRUE(reply->value);
  EXPECT_GT(reply->value->number, ahead.number);
  EXPECT_GT(prepared_->take().number, reply->value->number);
}

TEST_F(policy_holder_test, other_terms_are_decided_on_the_spot) {
  decide();
  scheme_->share = 0.75;
  EXPECT_EQ(decide({.eta = 1.0, .lambda = {}})->value->decision.share, 0.75);
  EXPECT_EQ(scheme_->seen.back().eta, 1.0);
  scheme_->share = 0.5;
  EXPECT_EQ(decide({.eta = 1.0, .lambda = 0.3})->value->decision.share, 0.5);
  EXPECT_EQ(scheme_->seen.back().lambda, 0.3);
}

TEST_F(policy_holder_test, the_link_jumps_the_state_and_the_listener_gets_a_new_decision) {
  join();
  EXPECT_FALSE(scheme_->seen.back().link_up);
  tell(holder_, link_up{});
  EXPECT_TRUE(scheme_->seen.back().link_up);
  tell(holder_, link_down{"gone"});
  EXPECT_FALSE(scheme_->seen.back().link_up);
  EXPECT_EQ(prepared_->size(), 2U);
  prepared_->clear();
}

TEST_F(policy_holder_test, readings_and_importance_reach_the_scheme) {
  tell(holder_, bandwidth_reading{.bandwidth_bps = 5e6, .rtt_seconds = 0.002, .when = now()});
  task_feedback report;
  report.outcome.task_id = 9;
  report.seen = std::make_shared<const policy::situation>();
  report.importance = {0.75F, 0.25F};
  tell(holder_, observe_atom{}, report);
  decide();
  EXPECT_EQ(scheme_->observed, std::vector<std::uint64_t>{9});
  EXPECT_EQ(scheme_->seen.back().bandwidth_bps, 5e6);
  EXPECT_EQ(scheme_->seen.back().rtt_seconds, 0.002);
  EXPECT_EQ(scheme_->seen.back().importance, (std::vector<float>{0.75F, 0.25F}));
}

// Regression: the decision for the next task was thought out before the present task's features were on their way, and
// what their transfer showed came too late for it, however long nothing happened before the next task.
TEST_F(policy_holder_test, a_link_that_proves_to_be_another_is_thought_about_at_once) {
  join();
  const auto reading = [&](double bps) {
    tell(holder_, bandwidth_reading{.bandwidth_bps = bps, .rtt_seconds = 0.002, .when = now()});
  };
  reading(5e6);
  prepared_->take();
  EXPECT_EQ(scheme_->seen.back().bandwidth_bps, 5e6);
  reading(5.5e6);
  EXPECT_EQ(prepared_->size(), 0U) << "as good as the same";
  reading(8e6);
  prepared_->take();
  EXPECT_EQ(scheme_->seen.back().bandwidth_bps, 8e6);
}

TEST_F(policy_holder_test, what_the_pipeline_senses_reaches_the_scheme) {
  const auto first = join();
  decision_taken taken{.decision = first.decision, .number = first.number};
  taken.sensed = {
      .in_force = device::clocks{1e9, {}, {}}, .waiting_tasks = 3.0, .thinking_share = 0.25, .celsius = 51.0};
  tell(holder_, taken);
  EXPECT_EQ(scheme_->seen.back().in_force.cpu_hz, 1e9);
  EXPECT_EQ(scheme_->seen.back().waiting_tasks, 3.0);
  EXPECT_EQ(scheme_->seen.back().thinking_share, 0.25);
  EXPECT_EQ(scheme_->seen.back().celsius, 51.0);
  prepared_->clear();
}

TEST_F(policy_holder_test, a_scheme_that_throws_is_an_error_reply_and_the_actor_lives) {
  scheme_->is_broken = true;
  const auto failed = decide();
  EXPECT_EQ(code_of(failed->error), ec::internal);
  EXPECT_EQ(text_of(failed->error), "no network");
  tell(holder_, observe_atom{}, task_feedback{});
  scheme_->is_broken = false;
  EXPECT_TRUE(decide()->value);
}

// Regression: what a decision was made from was looked up in a ring of 256, and a task that outlived its place taught
// nothing.
TEST_F(policy_holder_test, a_task_teaches_what_its_own_decision_was_made_from) {
  std::vector<policy::experience> learned;
  holder_ =
      owned(spawn_policy(system_, scheme_, {.remember = [&](policy::experience task) { learned.push_back(task); }}));
  tell(holder_, bandwidth_reading{.bandwidth_bps = 5e6, .rtt_seconds = 0.002, .when = now()});
  const auto old = decide();
  for (int i = 0; i < 300; ++i) {
    tell(holder_, bandwidth_reading{.bandwidth_bps = 1e6 * i, .rtt_seconds = 0.002, .when = now()});
    decide();
  }
  task_feedback report{.outcome = {}, .importance = {}, .seen = old->value->seen};
  report.outcome.task_id = 4;
  tell(holder_, observe_atom{}, report);
  tell(holder_, observe_atom{}, task_feedback{});
  ASSERT_EQ(learned.size(), 1U) << "the default decision teaches nothing";
  EXPECT_EQ(learned[0].task_id, 4U);
  EXPECT_EQ(learned[0].seen.bandwidth_bps, 5e6);
}

TEST_F(policy_holder_test, a_task_of_the_default_decision_is_counted_and_teaches_nothing) {
  join();
  scheme_->is_broken = true;
  decide();
  scheme_->is_broken = false;
  tell(holder_, decision_taken{});
  EXPECT_EQ(scheme_->seen.back().previous, policy::decision{});
  task_feedback report;
  report.importance = {0.5F, 0.5F};
  tell(holder_, observe_atom{}, report);
  EXPECT_TRUE(scheme_->observed.empty());
  const auto counts = ask<decision_counts>(holder_, status_atom{});
  EXPECT_EQ(counts->value->defaulted, 1U);
  EXPECT_EQ(counts->value->late, 0U) << "each task is counted once";
  prepared_->clear();
}

TEST(policy_state, counts_decisions_that_were_ready_late_or_stale) {
  policy_state state;
  state.scheme = std::make_shared<scripted_scheme>();
  state.take({});
  EXPECT_EQ(state.counts.late, 1U);
  const auto first = state.prepare();
  state.on_taken({first.decision, first.number});
  EXPECT_EQ(state.counts.ready, 1U);
  const auto second = state.prepare();
  state.prepare();  // the state moved on while the second was on its way
  state.on_taken({second.decision, second.number});
  EXPECT_EQ(state.counts.stale, 1U);
  EXPECT_EQ(state.counts.ready, 1U);
}

}  // namespace
}  // namespace dvfo::actors
