// No task waits for ever, whoever is silent; and what is over leaves nothing behind.
#include "actors/gateway.hpp"

#include "tests/actors/pipeline_fixture.hpp"

namespace dvfo::actors {
namespace {

class pipeline_limits_test : public pipeline_test {
 protected:
  /// A prepared decision for the next task.
  void prepare(double share) {
    policy::decision decided;
    decided.share = share;
    tell(pipeline_, prepared_decision{.decision = decided, .terms = {}, .number = ++number_});
  }

  void forget_notices() {
    watches_->clear();
    taken_->clear();
    reports_->clear();
  }
};

// Regression: a model that hung kept every image that came after it, although the gateway had long answered.
TEST_F(pipeline_limits_test, a_model_that_never_returns_holds_two_inputs_and_every_task_is_answered) {
  const auto gateway = owned(spawn_gateway(system_, pipeline_, {.max_admitted = 64}));
  constexpr int tasks = 10'000;
  constexpr int at_a_time = 50;
  std::vector<std::weak_ptr<const inference::any_input>> inputs;
  std::vector<std::shared_ptr<reply<answer>>> replies;
  for (int i = 0; i < tasks; i += at_a_time) {
    for (int k = 0; k < at_a_time; ++k) {
      prepare(k % 2 == 0 ? 0.0 : 0.5);
      auto input = fake_input();
      inputs.push_back(input);
      replies.push_back(
          ask<answer>(gateway, infer_atom{},
                      infer_task{.input = std::move(input), .budget_seconds = 0.01, .eta = 0.5, .lambda = {}}));
    }
    advance(11ms, 11ms);
    EXPECT_LE(extractions_->size(), 2U);
    EXPECT_LE(scheduler().clock().schedule().size(), 8U) << "timers do not pile up";
    forget_notices();
  }
  EXPECT_EQ(std::count_if(inputs.begin(), inputs.end(), [](const auto& input) { return !input.expired(); }), 2);
  for (const auto& each : replies) {
    EXPECT_EQ(each->count, 1);
    EXPECT_EQ(code_of(each->error), ec::deadline);
  }
  EXPECT_EQ(ask<caf::ok_atom>(gateway, drain_atom{})->count, 1) << "nobody is left inside";
  while (extractions_->size() > 0) extractions_->take();
}

TEST_F(pipeline_limits_test, a_model_that_comes_back_goes_on_with_the_tasks_that_still_wait) {
  for (std::uint64_t id = 1; id <= 3; ++id) {
    prepare(0.0);
    ask<answer>(pipeline_, run_atom{}, task_of(id));
  }
  advance(101ms);
  prepare(0.0);
  const auto patient = ask<answer>(pipeline_, run_atom{}, task_of(4));
  const auto first = extractions_->take();
  extractions_->take();
  EXPECT_EQ(extractions_->size(), 0U);
  first.deliver(make_failure(ec::deadline, "over"));
  run();
  const auto next = extract();
  EXPECT_EQ(next.request.task_id, 4U) << "the third is over";
  deliver(next, local_half());
  EXPECT_TRUE(patient->value);
  forget_notices();
}

TEST_F(pipeline_limits_test, a_silent_offload_costs_the_cloud_half_and_not_the_answer) {
  const auto reply = start(0.5);
  deliver(extract(), local_half());
  offloads_->take();
  advance(95ms);
  EXPECT_TRUE(reply->is_open());
  advance(2ms);
  ASSERT_TRUE(reply->value);
  EXPECT_EQ(reply->value->outcome.degraded, degraded_reason::cloud_late);
  EXPECT_EQ(reply->value->logits, std::vector<float>{1.0F});
  reports_->clear();
}

// Regression: an offload that was gone failed the task although its local half was there.
TEST_F(pipeline_limits_test, an_offload_that_fails_costs_the_cloud_half_and_not_the_answer) {
  const auto reply = start(0.5);
  const auto local = extract();
  deliver(offloads_->take(), make_failure(ec::internal, "defect"));
  deliver(local, local_half());
  ASSERT_TRUE(reply->value);
  EXPECT_EQ(reply->value->outcome.degraded, degraded_reason::offload_failed);
  reports_->clear();
}

TEST_F(pipeline_limits_test, a_silent_fusion_ends_with_the_deadline) {
  const auto reply = start(0.5);
  deliver(extract(), local_half());
  deliver(offloads_->take(), remote_half());
  advance(101ms);
  EXPECT_EQ(code_of(reply->error), ec::deadline);
  deliver(fusions_->take(), fusion_result{.logits = {1.0F}});
  EXPECT_EQ(reply->count, 1);
}

// Regression: a policy that failed or hung took its task with it.
TEST_F(pipeline_limits_test, without_the_policy_a_task_runs_by_the_default_decision) {
  for (const bool is_late : {false, true}) {
    const auto reply = ask<answer>(pipeline_, run_atom{}, task_of(1));
    const auto asked = decisions_->take();
    if (is_late) {
      advance(24ms);
      EXPECT_EQ(extractions_->size(), 0U) << "a quarter of its time is the policy's";
      advance(2ms);
    } else {
      deliver(asked, make_failure(ec::internal, "no network"));
    }
    EXPECT_EQ(orders_->size(), 0U) << "the clocks stay";
    const auto taken = taken_->take();
    EXPECT_EQ(taken.number, 0U);
    EXPECT_EQ(taken.decision, policy::decision{});
    deliver(extract(), local_half());
    ASSERT_TRUE(reply->value);
    EXPECT_EQ(reply->value->outcome.degraded, degraded_reason::undecided);
    EXPECT_EQ(reply->value->outcome.share, 0.0);
    EXPECT_FALSE(reports_->take().seen) << "nothing that the scheme decided";
    if (is_late) deliver(asked, prepared_decision{.decision = {}, .terms = {}, .number = 9});
    EXPECT_EQ(extractions_->size(), 0U) << "the decision that came too late is dropped";
    watches_->clear();
  }
}

}  // namespace
}  // namespace dvfo::actors
