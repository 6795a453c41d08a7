#include "actors/policy_holder.hpp"

#include <stdexcept>

#include "tests/actors/actor_test.hpp"

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

class policy_holder_test : public actor_test {
 protected:
  auto decide(task_terms terms = {}) { return ask<policy::decision>(holder_, decide_atom{}, terms); }

  std::shared_ptr<scripted_scheme> scheme_ = std::make_shared<scripted_scheme>();
  policy_actor holder_ = owned(spawn_policy(system_, scheme_));
};

TEST_F(policy_holder_test, the_next_decision_is_made_before_it_is_asked_for) {
  EXPECT_EQ(decide()->value->share, 0.25);
  EXPECT_EQ(scheme_->seen.size(), 2U) << "one on the spot, one ahead";
  scheme_->share = 0.75;
  EXPECT_EQ(decide()->value->share, 0.25) << "prepared while the task before moved";
  EXPECT_EQ(decide()->value->share, 0.75);
  EXPECT_EQ(scheme_->seen.back().previous.share, 0.75);
}

TEST_F(policy_holder_test, other_terms_are_decided_on_the_spot) {
  decide();
  scheme_->share = 0.75;
  EXPECT_EQ(decide({.eta = 1.0, .lambda = {}})->value->share, 0.75);
  EXPECT_EQ(scheme_->seen.back().eta, 1.0);
  scheme_->share = 0.5;
  EXPECT_EQ(decide({.eta = 1.0, .lambda = 0.3})->value->share, 0.5);
  EXPECT_EQ(scheme_->seen.back().lambda, 0.3);
}

TEST_F(policy_holder_test, the_link_jumps_the_state) {
  decide();
  EXPECT_FALSE(scheme_->seen.back().link_up);
  tell(holder_, link_up{});
  EXPECT_TRUE(scheme_->seen.back().link_up);
  tell(holder_, link_down{"gone"});
  EXPECT_FALSE(scheme_->seen.back().link_up);
}

TEST_F(policy_holder_test, readings_and_importance_reach_the_scheme) {
  tell(holder_, bandwidth_reading{.bandwidth_bps = 5e6, .rtt_seconds = 0.002});
  task_report report;
  report.outcome.task_id = 9;
  report.importance = {0.75F, 0.25F};
  tell(holder_, observe_atom{}, report);
  decide();
  EXPECT_EQ(scheme_->observed, std::vector<std::uint64_t>{9});
  EXPECT_EQ(scheme_->seen.back().bandwidth_bps, 5e6);
  EXPECT_EQ(scheme_->seen.back().rtt_seconds, 0.002);
  EXPECT_EQ(scheme_->seen.back().importance, (std::vector<float>{0.75F, 0.25F}));
}

TEST_F(policy_holder_test, a_scheme_that_throws_is_an_error_reply_and_the_actor_lives) {
  scheme_->is_broken = true;
  const auto failed = decide();
  EXPECT_EQ(code_of(failed->error), ec::internal);
  EXPECT_EQ(text_of(failed->error), "no network");
  tell(holder_, observe_atom{}, task_report{});
  scheme_->is_broken = false;
  EXPECT_TRUE(decide()->value);
}

TEST(policy_state, counts_tasks_that_had_to_wait_for_a_decision) {
  policy_state state;
  state.scheme = std::make_shared<scripted_scheme>();
  state.take({});
  EXPECT_EQ(state.unprepared, 1U);
  state.prepare();
  state.take({});
  EXPECT_EQ(state.unprepared, 1U);
}

}  // namespace
}  // namespace dvfo::actors
