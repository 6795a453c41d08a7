#include "tests/actors/pipeline_fixture.hpp"

namespace dvfo::actors {
namespace {

TEST_F(pipeline_test, the_whole_input_goes_at_once_and_the_policy_thinks_on) {
  tell(pipeline_,
       prepared_decision{
           .decision = {.clocks = {}, .share = 1.0, .sends = policy::sending::compressed}, .terms = {}, .number = 5});
  const auto reply = ask<answer>(pipeline_, run_atom{}, task_of(1));
  watches_->clear();
  EXPECT_EQ(extractions_->size(), 0U);
  EXPECT_EQ(taken_->take().number, 5U);
  deliver(offloads_->take(), remote_half());
  ASSERT_TRUE(reply->value);
  EXPECT_EQ(reply->value->logits, std::vector<float>{2.0F});
  reports_->take();
}

TEST_F(pipeline_test, a_failed_input_is_extracted_and_answered_here) {
  const auto reply = start(1.0, 1, policy::sending::compressed);
  deliver(offloads_->take(), remote_half(degraded_reason::cloud_late));
  const auto local = extract();
  EXPECT_EQ(local.request.share, 0.0);
  deliver(local, local_half({9.0F}));
  ASSERT_TRUE(reply->value);
  EXPECT_EQ(reply->value->logits, std::vector<float>{9.0F});
  EXPECT_EQ(reply->value->outcome.degraded, degraded_reason::cloud_late);
  reports_->take();
}

TEST_F(pipeline_test, a_doubted_answer_appeals_and_a_sure_one_does_not) {
  for (const float sure : {1.0F, 0.0F}) {
    const auto reply = start(1.0, 1, policy::sending::appeal);
    deliver(extract(), local_half({sure}));
    if (sure > 0.0F) {
      ASSERT_TRUE(reply->value);
      EXPECT_EQ(reply->value->outcome.share, 0.0);
    } else {
      const auto appealed = offloads_->take();
      EXPECT_EQ(appealed.request.sends, policy::payload::compressed);
      deliver(appealed, remote_half());
      ASSERT_TRUE(reply->value);
      EXPECT_EQ(reply->value->logits, std::vector<float>{2.0F});
      EXPECT_EQ(reply->value->outcome.share, 1.0);
    }
    reports_->take();
  }
}

TEST_F(pipeline_test, the_policy_is_shown_the_board_and_the_waiting_tasks) {
  power_reading reading;
  reading.when = now();
  reading.celsius = 51.0;
  tell(pipeline_, reading);
  policy::decision half;
  half.share = 0.5;
  tell(pipeline_, prepared_decision{.decision = half, .terms = {}, .number = 5});
  const auto reply = ask<answer>(pipeline_, run_atom{}, task_of(1));
  const auto second = start(0.0, 2);
  const auto taken = taken_->take();
  EXPECT_EQ(taken.number, 5U) << "told before the second task asks";
  EXPECT_EQ(taken.sensed.waiting_tasks, 1.0);
  EXPECT_EQ(taken.sensed.celsius, 51.0);
  extract();
  offloads_->take();
  extractions_->take();
}

TEST_F(pipeline_test, tasks_that_follow_closely_have_the_policy_think_on_at_once) {
  start(0.0, 1);
  tell(pipeline_, prepared_decision{.decision = {}, .terms = {}, .number = 5});
  const auto second = ask<answer>(pipeline_, run_atom{}, task_of(2));
  EXPECT_EQ(taken_->take().number, 5U) << "though its features are not there yet";
  extract();
  extractions_->take();
  watches_->clear();
}

}  // namespace
}  // namespace dvfo::actors
