#include "actors/task_run.hpp"

#include <gtest/gtest.h>

#include "actors/defaults.hpp"
#include "tests/actors/fakes.hpp"

namespace dvfo::actors {
namespace {

using policy::degraded_reason;
using policy::ran_on;
using std::chrono::milliseconds;

const time_point start{std::chrono::hours(1)};
const time_point halves_came = start + milliseconds(20);

task_run run_with(double share, bool is_link_up = true, policy::sending sends = policy::sending::features) {
  admitted_task task{.id = 5,
                     .task = {.input = fake_input(), .budget_seconds = 0.1, .eta = 0.5, .lambda = 0.25},
                     .admitted = start,
                     .deadline = start + milliseconds(100)};
  policy::decision decided;
  decided.share = share;
  decided.sends = sends;
  return {std::move(task), decided, is_link_up};
}

extracted features_at(double share) {
  const auto extraction = fake_extraction();
  return {.task_id = 5,
          .extraction = extraction,
          .split = inference::split_channels(extraction.importance, share),
          .share = share,
          .extract_seconds = 0.004};
}

local_result local_half(std::vector<float> logits = {1.0F, 0.0F}) {
  return {.task_id = 5, .logits = std::move(logits), .seconds = 0.008};
}

offload_result remote_half() {
  offload_result half;
  half.task_id = 5;
  half.logits = {0.0F, 1.0F};
  half.stages.encode = 0.001;
  half.stages.transfer = 0.002;
  half.stages.remote_queue = 0.003;
  half.stages.remote_decode = 0.0005;
  half.stages.remote_compute = 0.006;
  half.wire_up_bytes = 1000;
  half.wire_down_bytes = 500;
  half.batch_size = 3;
  return half;
}

offload_result failed_half(degraded_reason reason) {
  offload_result half;
  half.task_id = 5;
  half.degraded = reason;
  return half;
}

TEST(task_run, both_halves_are_fused_whichever_comes_first) {
  for (const bool is_local_first : {true, false}) {
    auto run = run_with(0.5);
    EXPECT_TRUE(run.on_extracted(features_at(0.5)));
    EXPECT_EQ(run.next(), next_step::wait);
    if (is_local_first)
      run.on_local(local_half(), halves_came);
    else
      run.on_remote(remote_half(), halves_came);
    EXPECT_EQ(run.next(), next_step::wait);
    if (is_local_first)
      run.on_remote(remote_half(), halves_came);
    else
      run.on_local(local_half(), halves_came);
    ASSERT_EQ(run.next(), next_step::fuse);
    const auto job = run.make_fusion();
    EXPECT_EQ(job.local, (std::vector<float>{1.0F, 0.0F}));
    EXPECT_EQ(job.remote, (std::vector<float>{0.0F, 1.0F}));
    EXPECT_EQ(job.share, 0.5);
    EXPECT_EQ(job.lambda, 0.25);
    const auto answer = run.finish_fused({.logits = {0.3F, 0.7F}, .seconds = 0.0001}, start + milliseconds(30));
    EXPECT_EQ(answer.task_id, 5U);
    EXPECT_EQ(answer.logits, (std::vector<float>{0.3F, 0.7F}));
    EXPECT_EQ(answer.outcome.where, ran_on::both);
    EXPECT_EQ(answer.outcome.degraded, degraded_reason::none);
  }
}

TEST(task_run, the_outcome_holds_every_stage) {
  auto run = run_with(0.5);
  run.on_extracted(features_at(0.5));
  run.on_local(local_half(), halves_came);
  run.on_remote(remote_half(), halves_came);
  const auto outcome = run.finish_fused({.logits = {0.0F, 0.0F}, .seconds = 0.0001}, start + milliseconds(30)).outcome;
  EXPECT_DOUBLE_EQ(outcome.stages.extract, 0.004);
  EXPECT_DOUBLE_EQ(outcome.stages.local, 0.008);
  EXPECT_DOUBLE_EQ(outcome.stages.fuse, 0.0001);
  EXPECT_DOUBLE_EQ(outcome.tti, 0.030);
  EXPECT_DOUBLE_EQ(outcome.tti_serial, 0.004 + 0.008 + 0.001 + 0.002 + 0.003 + 0.0005 + 0.006 + 0.0001);
  EXPECT_EQ(outcome.wire_up_bytes, 1000U);
  EXPECT_EQ(outcome.wire_down_bytes, 500U);
  EXPECT_EQ(outcome.remote_batch_size, 3U);
  EXPECT_EQ(outcome.decided.share, 0.5);
  EXPECT_EQ(outcome.share, 0.5);
}

TEST(task_run, share_0_needs_the_local_half_alone) {
  auto run = run_with(0.0);
  EXPECT_FALSE(run.on_extracted(features_at(0.0)));
  run.on_local(local_half(), halves_came);
  ASSERT_EQ(run.next(), next_step::answer_local);
  const auto answer = run.finish_one_half(start + milliseconds(12));
  EXPECT_EQ(answer.logits, (std::vector<float>{1.0F, 0.0F}));
  EXPECT_EQ(answer.outcome.where, ran_on::edge);
  EXPECT_EQ(answer.outcome.degraded, degraded_reason::none);
}

TEST(task_run, share_1_needs_the_remote_half_alone) {
  auto run = run_with(1.0);
  EXPECT_TRUE(run.on_extracted(features_at(1.0)));
  EXPECT_EQ(run.make_offload(start).channels.size(), 4U);
  run.on_local(local_half({}), halves_came);
  EXPECT_EQ(run.next(), next_step::wait);
  run.on_remote(remote_half(), halves_came);
  ASSERT_EQ(run.next(), next_step::answer_remote);
  const auto answer = run.finish_one_half(start + milliseconds(12));
  EXPECT_EQ(answer.logits, (std::vector<float>{0.0F, 1.0F}));
  EXPECT_EQ(answer.outcome.where, ran_on::cloud);
}

TEST(task_run, a_failed_cloud_half_leaves_the_local_half_with_the_reason) {
  for (const auto reason :
       {degraded_reason::link_down, degraded_reason::window_full, degraded_reason::cloud_late,
        degraded_reason::cloud_refused, degraded_reason::cloud_failed, degraded_reason::offload_failed}) {
    auto run = run_with(0.5);
    run.on_extracted(features_at(0.5));
    run.on_remote(failed_half(reason), halves_came);
    EXPECT_EQ(run.next(), next_step::wait);
    run.on_local(local_half(), halves_came);
    ASSERT_EQ(run.next(), next_step::answer_local);
    const auto answer = run.finish_one_half(start + milliseconds(12));
    EXPECT_EQ(answer.outcome.degraded, reason);
    EXPECT_EQ(answer.outcome.where, ran_on::edge);
    EXPECT_EQ(answer.outcome.share, 0.5) << "the local half ran at the width of this share";
  }
}

TEST(task_run, a_failed_cloud_at_share_1_is_rescued_at_full_width) {
  auto run = run_with(1.0);
  run.on_extracted(features_at(1.0));
  run.on_local(local_half({}), halves_came);
  run.on_remote(failed_half(degraded_reason::cloud_late), halves_came);
  ASSERT_EQ(run.next(), next_step::rescue);
  const auto job = run.make_rescue();
  EXPECT_EQ(job.channels, (std::vector<std::uint16_t>{0, 1, 2, 3}));
  EXPECT_EQ(job.share, 0.0);
  EXPECT_EQ(job.deadline, start + milliseconds(100));
  EXPECT_FALSE(job.features.values().empty());
  EXPECT_EQ(run.next(), next_step::wait);
  run.on_local(local_half(), halves_came);
  ASSERT_EQ(run.next(), next_step::answer_local);
  const auto answer = run.finish_one_half(start + milliseconds(80));
  EXPECT_EQ(answer.outcome.degraded, degraded_reason::cloud_late);
  EXPECT_EQ(answer.outcome.share, 0.0);
  EXPECT_EQ(answer.outcome.decided.share, 1.0);
}

TEST(task_run, without_a_link_it_runs_at_share_0_from_the_start) {
  EXPECT_EQ(run_with(0.5, false).share(), 0.0);
  auto run = run_with(1.0, false);
  EXPECT_FALSE(run.on_extracted(features_at(0.0)));
  run.on_local(local_half(), halves_came);
  const auto answer = run.finish_one_half(start + milliseconds(12));
  EXPECT_EQ(answer.outcome.degraded, degraded_reason::link_down);
  EXPECT_EQ(answer.outcome.decided.share, 1.0);
}

TEST(task_run, without_a_link_a_decision_to_stay_local_is_not_degraded) {
  auto run = run_with(0.0, false);
  run.on_extracted(features_at(0.0));
  run.on_local(local_half(), halves_came);
  EXPECT_EQ(run.finish_one_half(start).outcome.degraded, degraded_reason::none);
}

TEST(task_run, a_share_too_small_for_one_channel_stays_local) {
  auto run = run_with(0.01);
  EXPECT_FALSE(run.on_extracted(features_at(0.0)));  // as local_inference reports it
  run.on_local(local_half(), halves_came);
  EXPECT_EQ(run.next(), next_step::answer_local);
}

TEST(task_run, the_whole_input_needs_no_features) {
  auto run = run_with(1.0, true, policy::sending::compressed);
  EXPECT_FALSE(run.needs_front());
  EXPECT_TRUE(run.sends_at_once());
  const auto job = run.make_offload(start);
  EXPECT_EQ(job.sends, policy::payload::compressed);
  EXPECT_NE(job.input, nullptr);
  EXPECT_EQ(run.next(), next_step::wait);
  run.on_remote(remote_half(), halves_came);
  ASSERT_EQ(run.next(), next_step::answer_remote);
  const auto answer = run.finish_one_half(start + milliseconds(12));
  EXPECT_EQ(answer.outcome.where, ran_on::cloud);
  EXPECT_EQ(answer.outcome.stages.extract, 0.0);
}

TEST(task_run, a_cloud_that_fails_on_the_input_leaves_everything_to_the_edge) {
  auto run = run_with(1.0, true, policy::sending::compressed);
  run.on_remote(failed_half(degraded_reason::cloud_late), halves_came);
  ASSERT_EQ(run.next(), next_step::rescue_all);
  run.rescue_all();
  EXPECT_EQ(run.share(), 0.0);
  EXPECT_EQ(run.next(), next_step::wait);
  EXPECT_FALSE(run.on_extracted(features_at(0.0)));
  run.on_local(local_half(), halves_came);
  ASSERT_EQ(run.next(), next_step::answer_local);
  const auto answer = run.finish_one_half(start + milliseconds(30));
  EXPECT_EQ(answer.outcome.degraded, degraded_reason::cloud_late);
  EXPECT_EQ(answer.outcome.share, 0.0);
}

TEST(task_run, a_part_of_the_input_travels_while_the_edge_computes) {
  auto run = run_with(0.5, true, policy::sending::input);
  EXPECT_TRUE(run.needs_front());
  EXPECT_TRUE(run.sends_at_once());
  EXPECT_FALSE(run.on_extracted(features_at(0.5))) << "it is under way already";
  run.on_remote(remote_half(), halves_came);
  EXPECT_EQ(run.next(), next_step::wait);
  run.on_local(local_half(), halves_came);
  EXPECT_EQ(run.next(), next_step::fuse);
}

TEST(task_run, an_accepted_answer_stays_local) {
  auto run = run_with(1.0, true, policy::sending::appeal);
  EXPECT_EQ(run.share(), 0.0);
  EXPECT_FALSE(run.sends_at_once());
  EXPECT_FALSE(run.on_extracted(features_at(0.0)));
  run.on_local(local_half(), halves_came);
  ASSERT_EQ(run.next(), next_step::judge);
  run.accept();
  ASSERT_EQ(run.next(), next_step::answer_local);
  const auto answer = run.finish_one_half(start + milliseconds(12));
  EXPECT_EQ(answer.outcome.share, 0.0);
  EXPECT_EQ(answer.outcome.degraded, degraded_reason::none);
}

TEST(task_run, an_appeal_is_answered_by_the_cloud_or_else_by_the_edge) {
  for (const bool works : {true, false}) {
    auto run = run_with(1.0, true, policy::sending::appeal);
    run.on_extracted(features_at(0.0));
    run.on_local(local_half(), halves_came);
    EXPECT_TRUE(run.appeal(true));
    EXPECT_EQ(run.next(), next_step::wait);
    EXPECT_EQ(run.make_offload(start).sends, policy::payload::compressed);
    run.on_remote(works ? remote_half() : failed_half(degraded_reason::cloud_late), halves_came);
    ASSERT_EQ(run.next(), works ? next_step::answer_remote : next_step::answer_local);
    const auto answer = run.finish_one_half(start + milliseconds(40));
    EXPECT_EQ(answer.outcome.share, works ? 1.0 : 0.0);
    EXPECT_EQ(answer.outcome.where, works ? ran_on::cloud : ran_on::edge);
    EXPECT_EQ(answer.outcome.degraded, works ? degraded_reason::none : degraded_reason::cloud_late);
  }
}

TEST(task_run, an_appeal_without_a_link_is_degraded) {
  auto run = run_with(1.0, false, policy::sending::appeal);
  run.on_extracted(features_at(0.0));
  run.on_local(local_half(), halves_came);
  EXPECT_FALSE(run.appeal(false));
  ASSERT_EQ(run.next(), next_step::answer_local);
  EXPECT_EQ(run.finish_one_half(start).outcome.degraded, degraded_reason::link_down);
}

TEST(task_run, reports_importance_to_the_policy) {
  auto run = run_with(0.0);
  run.on_extracted(features_at(0.0));
  run.on_local(local_half(), halves_came);
  (void)run.finish_one_half(start + milliseconds(12));
  policy::outcome cost;
  cost.task_id = 5;
  const auto feedback = std::move(run).feedback(cost);
  EXPECT_EQ(feedback.importance, fake_extraction().importance);
  EXPECT_EQ(feedback.outcome.task_id, 5U);
}

TEST(rescue_estimate, rises_at_once_and_falls_by_halves) {
  rescue_estimate estimate(milliseconds(20));
  estimate.observe(0.040);
  EXPECT_DOUBLE_EQ(estimate.value().count(), 0.040 * defaults::pipeline::rescue_margin);
  const double before = estimate.value().count();
  estimate.observe(0.010);
  EXPECT_DOUBLE_EQ(estimate.value().count(), (before + 0.010 * defaults::pipeline::rescue_margin) / 2.0);
}

TEST(task_run, on_a_simulated_board_the_hosts_overrun_is_no_part_of_the_tasks_time) {
  auto run = run_with(0.0);
  auto found = features_at(0.0);
  found.overrun_seconds = 0.003;
  run.on_extracted(std::move(found));
  auto half = local_half();
  half.overrun_seconds = 0.002;
  run.on_local(std::move(half), start + milliseconds(20));
  const auto answer = run.finish_one_half(start + milliseconds(20));
  EXPECT_NEAR(answer.outcome.overrun_seconds, 0.005, 1e-9);
  EXPECT_NEAR(answer.outcome.tti, 0.015, 1e-9);
}

TEST(task_run, a_local_overrun_counts_only_as_far_as_the_task_waited_for_it) {
  for (const int remote_came_ms : {10, 19, 30}) {
    auto run = run_with(0.5);
    run.on_extracted(features_at(0.5));
    auto half = local_half();
    half.overrun_seconds = 0.002;
    run.on_local(std::move(half), start + milliseconds(20));
    run.on_remote(remote_half(), start + milliseconds(remote_came_ms));
    const auto answer = run.finish_fused({.logits = {0.5F, 0.5F}, .seconds = 0.0}, start + milliseconds(40));
    const double waited = remote_came_ms == 10 ? 0.002 : remote_came_ms == 19 ? 0.001 : 0.0;
    EXPECT_NEAR(answer.outcome.overrun_seconds, waited, 1e-9) << remote_came_ms;
  }
}

}  // namespace
}  // namespace dvfo::actors
