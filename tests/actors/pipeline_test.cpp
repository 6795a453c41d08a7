#include "tests/actors/pipeline_fixture.hpp"

namespace dvfo::actors {
namespace {

TEST_F(pipeline_test, fuses_both_halves_and_then_tells_the_policy) {
  const auto reply = start(0.5);
  const auto local = extract();
  const auto remote = offloads_->take();
  EXPECT_EQ(remote.request.channels, (std::vector<std::uint16_t>{2, 3}));
  deliver(local, local_half());
  EXPECT_TRUE(reply->is_open());
  deliver(remote, remote_half());
  const auto fusion = fusions_->take();
  EXPECT_EQ(fusion.request.share, 0.5);
  EXPECT_EQ(reports_->size(), 0U);
  deliver(fusion, fusion_result{.logits = {1.5F}, .seconds = 0.0});
  ASSERT_TRUE(reply->value);
  EXPECT_EQ(reply->value->logits, std::vector<float>{1.5F});
  EXPECT_EQ(reply->value->outcome.degraded, degraded_reason::none);
  EXPECT_EQ(reports_->take().importance, fake_extraction().importance);
}

TEST_F(pipeline_test, offload_is_sent_before_the_local_half_is_done) {
  start(0.5);
  const auto local = extract();
  const auto remote = offloads_->take();
  const double left = seconds_between(now(), remote.request.answer_by);
  EXPECT_NEAR(left, 0.1 - defaults::pipeline::answer_reserve.count() / 1000.0, 1e-6);
  deliver(local, make_failure(ec::deadline, "over"));
  deliver(remote, remote_half());
}

TEST_F(pipeline_test, at_share_1_the_clouds_time_leaves_room_for_a_rescue) {
  start(1.0);
  const auto local = extract();
  const auto remote = offloads_->take();
  const double left = seconds_between(now(), remote.request.answer_by);
  EXPECT_NEAR(left, 0.1 - 0.005 - 0.020, 1e-6);
  deliver(local, local_half({}));
  deliver(remote, remote_half());
  reports_->take();
}

TEST_F(pipeline_test, every_cloud_failure_degrades_to_the_local_half) {
  for (const auto reason :
       {degraded_reason::link_down, degraded_reason::window_full, degraded_reason::cloud_late,
        degraded_reason::cloud_refused, degraded_reason::cloud_failed, degraded_reason::offload_failed}) {
    const auto reply = start(0.5);
    const auto local = extract();
    deliver(offloads_->take(), remote_half(reason));
    EXPECT_TRUE(reply->is_open());
    deliver(local, local_half());
    ASSERT_TRUE(reply->value);
    EXPECT_EQ(reply->value->outcome.degraded, reason);
    EXPECT_EQ(reply->value->logits, std::vector<float>{1.0F});
    reports_->take();
  }
}

TEST_F(pipeline_test, share_1_is_rescued_when_the_cloud_fails) {
  const auto reply = start(1.0);
  deliver(extract(), local_half({}));
  deliver(offloads_->take(), remote_half(degraded_reason::cloud_late));
  const auto rescue = rescues_->take();
  EXPECT_EQ(rescue.request.channels.size(), 4U);
  EXPECT_EQ(rescue.request.share, 0.0);
  deliver(rescue, local_half({9.0F}));
  ASSERT_TRUE(reply->value);
  EXPECT_EQ(reply->value->logits, std::vector<float>{9.0F});
  EXPECT_EQ(reply->value->outcome.degraded, degraded_reason::cloud_late);
  reports_->take();
}

TEST_F(pipeline_test, a_rescue_that_comes_too_late_is_an_error_deadline) {
  const auto reply = start(1.0);
  deliver(extract(), local_half({}));
  deliver(offloads_->take(), remote_half(degraded_reason::cloud_late));
  deliver(rescues_->take(), make_failure(ec::deadline, "over"));
  EXPECT_EQ(code_of(reply->error), ec::deadline);
}

TEST_F(pipeline_test, runs_at_share_0_while_the_link_is_down) {
  tell(pipeline_, link_down{"gone"});
  const auto reply = start(1.0);
  EXPECT_EQ(extractions_->size(), 1U);
  const auto local = extract();
  EXPECT_EQ(local.request.share, 0.0);
  deliver(local, local_half());
  ASSERT_TRUE(reply->value);
  EXPECT_EQ(reply->value->outcome.degraded, degraded_reason::link_down);
  reports_->take();

  tell(pipeline_, link_up{});
  start(0.5);
  EXPECT_EQ(extractions_->take().request.share, 0.5);
}

TEST_F(pipeline_test, a_local_failure_is_an_error_and_the_late_cloud_half_is_dropped) {
  const auto reply = start(0.5);
  const auto local = extract();
  deliver(local, make_failure(ec::inference, "bad weights"));
  EXPECT_EQ(text_of(reply->error), "bad weights");
  deliver(offloads_->take(), remote_half());
  EXPECT_EQ(reply->count, 1);
}

TEST_F(pipeline_test, a_failed_extraction_is_an_error) {
  const auto reply = start(0.5);
  deliver(extractions_->take(), make_failure(ec::inference, "bad image"));
  EXPECT_EQ(text_of(reply->error), "bad image");
}

TEST_F(pipeline_test, features_of_a_forgotten_task_are_dropped) {
  tell(pipeline_,
       extracted{.task_id = 77, .extraction = fake_extraction(), .split = {}, .share = 0.5, .extract_seconds = 0.0});
  EXPECT_EQ(offloads_->size(), 0U);
}

TEST_F(pipeline_test, tasks_do_not_mix) {
  const auto first = start(0.5, 1);
  const auto second = start(0.0, 2);
  const auto local_of_first = extract();
  const auto local_of_second = extract();
  deliver(local_of_second, local_half({20.0F}));
  ASSERT_TRUE(second->value);
  EXPECT_EQ(second->value->task_id, 2U);
  EXPECT_TRUE(first->is_open());
  deliver(local_of_first, local_half({10.0F}));
  deliver(offloads_->take(), remote_half(degraded_reason::cloud_failed));
  ASSERT_TRUE(first->value);
  EXPECT_EQ(first->value->logits, std::vector<float>{10.0F});
  reports_->clear();
}

TEST_F(pipeline_test, clocks_are_ordered_only_when_the_decision_names_one_and_no_task_waits_for_them) {
  start(0.0);
  EXPECT_EQ(orders_->size(), 0U);
  deliver(extract(), local_half());
  policy::decision decided;
  decided.clocks.gpu_hz = 900e6;
  tell(pipeline_, prepared_decision{.decision = decided, .terms = {}, .number = 7});
  const auto reply = ask<answer>(pipeline_, run_atom{}, task_of(2));
  const auto order = orders_->take();
  EXPECT_EQ(order.request.gpu_hz, 900e6);
  const auto local = extract();
  EXPECT_EQ(taken_->take().number, 7U);
  device::applied_clocks applied;
  applied.gpu = {.status = device::apply_status::snapped, .asked_hz = 900e6, .effective_hz = 921.6e6};
  deliver(order, applied);
  deliver(local, local_half());
  ASSERT_TRUE(reply->value);
  EXPECT_EQ(reply->value->outcome.clocks.gpu_hz, 921.6e6) << "what took effect, not what was asked";
  reports_->clear();
}

TEST_F(pipeline_test, a_decision_thought_out_ahead_is_used_once_and_without_a_round_trip) {
  policy::decision ahead;
  ahead.share = 0.25;
  tell(pipeline_, prepared_decision{.decision = ahead, .terms = {}, .number = 1});
  ask<answer>(pipeline_, run_atom{}, task_of(1));
  EXPECT_EQ(decisions_->size(), 0U) << "the policy is not asked";
  EXPECT_EQ(taken_->size(), 0U) << "thinking ahead starts when the task is on its way";
  EXPECT_EQ(extract().request.share, 0.25);
  offloads_->take();
  EXPECT_EQ(taken_->take().decision.share, 0.25);
  ask<answer>(pipeline_, run_atom{}, task_of(2));
  decisions_->take();  // used up: the second task has to ask
  watches_->clear();
}

TEST_F(pipeline_test, a_decision_for_other_terms_is_not_used) {
  tell(pipeline_, prepared_decision{.decision = {}, .terms = {.eta = 1.0, .lambda = {}}, .number = 1});
  ask<answer>(pipeline_, run_atom{}, task_of(1));
  EXPECT_EQ(decisions_->take().request.eta, 0.5);
  watches_->clear();
}

// Regression: a decision prepared before the task asked was used for the next task although the policy had moved on.
TEST_F(pipeline_test, what_was_prepared_before_an_answer_is_dropped_with_it) {
  tell(pipeline_, prepared_decision{.decision = {}, .terms = {.eta = 1.0, .lambda = {}}, .number = 1});
  number_ = 1;
  start(0.0);  // number 2
  deliver(extract(), local_half());
  auto late = task_of(2);
  late.task.eta = 1.0;
  ask<answer>(pipeline_, run_atom{}, late);
  decisions_->take();
  reports_->clear();
  watches_->clear();
}

TEST_F(pipeline_test, energy_is_the_share_of_measured_power_and_the_estimate_beside_it) {
  const auto blind = start(0.0);
  deliver(extract(), local_half());
  EXPECT_FALSE(blind->value->outcome.eti_measured_joules) << "no reading yet: absent, not 0";
  EXPECT_NEAR(*blind->value->outcome.eti_estimated_joules, 0.01, 1e-12);
  tell(pipeline_, power_reading{.when = now(), .watts = 8.0, .total_joules = {}});
  const auto seen = start(0.0, 2);
  const auto local = extract();
  advance(10ms);
  deliver(local, local_half());
  ASSERT_TRUE(seen->value);
  EXPECT_NEAR(*seen->value->outcome.eti_measured_joules, 0.08, 1e-9);
  EXPECT_EQ(policy::eti(seen->value->outcome).source, policy::energy_source::measured);
  EXPECT_EQ(reports_->take().outcome.eti_measured_joules, std::nullopt);
  EXPECT_EQ(reports_->take().outcome.eti_measured_joules, seen->value->outcome.eti_measured_joules);
}

TEST_F(pipeline_test, the_power_sensor_is_watched_while_tasks_come_and_no_oftener_than_needed) {
  for (int i = 0; i < 3; ++i) {
    ask<answer>(pipeline_, run_atom{}, task_of(static_cast<std::uint64_t>(i), 60s));
    decisions_->take();
  }
  EXPECT_EQ(watches_->size(), 1U);
  advance(std::chrono::duration_cast<std::chrono::microseconds>(defaults::power::renewal), 100ms);
  ask<answer>(pipeline_, run_atom{}, task_of(9, 60s));
  decisions_->take();
  EXPECT_EQ(watches_->size(), 2U);
  watches_->clear();
}

// Regression: every task sent its order, and an actuator slower than the tasks lagged ever further behind.
TEST_F(pipeline_test, only_the_newest_order_waits_for_a_slow_actuator) {
  for (std::uint64_t id = 1; id <= 3; ++id) {
    policy::decision decided;
    decided.clocks.gpu_hz = 100e6 * static_cast<double>(id);
    tell(pipeline_, prepared_decision{.decision = decided, .terms = {}, .number = id});
    ask<answer>(pipeline_, run_atom{}, task_of(id));
  }
  EXPECT_EQ(orders_->size(), 1U);
  const auto first = orders_->take();
  EXPECT_EQ(first.request.gpu_hz, 100e6);
  deliver(first, device::applied_clocks{});
  EXPECT_EQ(orders_->take().request.gpu_hz, 300e6) << "the second is of no use any more";
  while (extractions_->size() > 0) extractions_->take();
  watches_->clear();
  taken_->clear();
}

// Regression: the power sensor fell asleep two seconds after the last start although tasks were still under way.
TEST_F(pipeline_test, the_power_sensor_is_kept_awake_while_a_long_task_runs) {
  start(0.0, 1, policy::sending::features, 60s);
  const auto local = extract();
  advance(std::chrono::duration_cast<std::chrono::microseconds>(defaults::power::renewal), 100ms);
  tell(pipeline_, power_reading{.when = now(), .watts = 5.0, .total_joules = {}});
  EXPECT_EQ(watches_->size(), 1U);
  deliver(local, local_half());
  advance(std::chrono::duration_cast<std::chrono::microseconds>(defaults::power::renewal), 100ms);
  tell(pipeline_, power_reading{.when = now(), .watts = 5.0, .total_joules = {}});
  EXPECT_EQ(watches_->size(), 1U) << "nothing is under way";
  watches_->clear();
  reports_->clear();
}

TEST_F(pipeline_test, a_task_that_fails_before_extraction_still_tells_the_policy_that_its_decision_was_used) {
  tell(pipeline_, prepared_decision{.decision = {}, .terms = {}, .number = 4});
  ask<answer>(pipeline_, run_atom{}, task_of(1));
  deliver(extractions_->take(), make_failure(ec::deadline, "over"));
  EXPECT_EQ(taken_->take().number, 4U);
  watches_->clear();
}

// Regression: the radio of a simulated board had the one place for an observer, and a second would have taken it.
TEST_F(pipeline_test, every_observer_hears_of_every_answer) {
  start(0.0);
  deliver(extract(), local_half());
  EXPECT_EQ(observed_, (std::vector<std::uint64_t>{1, 1}));
  reports_->clear();
}

// At share 0 with clocks that stand, the features came in a message of their own that woke a thread for nothing.
TEST_F(pipeline_test, features_come_with_the_answer_where_nobody_needs_them_before) {
  tell(pipeline_, prepared_decision{.decision = {}, .terms = {}, .number = 1});
  const auto reply = ask<answer>(pipeline_, run_atom{}, task_of(1));
  const auto local = extract();
  EXPECT_FALSE(local.request.listener);
  const auto taken = taken_->take();
  EXPECT_EQ(taken.number, 1U) << "told at the start";
  EXPECT_EQ(taken.sensed.waiting_tasks, 0.0) << "it has begun";
  deliver(local, local_half());
  ASSERT_TRUE(reply->value);
  EXPECT_EQ(reply->value->outcome.stages.extract, 0.001);
  EXPECT_EQ(reports_->take().importance, fake_extraction().importance);
  watches_->clear();
}

}  // namespace
}  // namespace dvfo::actors
