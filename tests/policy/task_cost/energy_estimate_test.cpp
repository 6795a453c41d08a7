#include "policy/task_cost/energy_estimate.hpp"

#include <gtest/gtest.h>

#include "policy/task_cost/descriptor.hpp"
#include "policy/task_cost/task_physics.hpp"

namespace dvfo::policy {
namespace {

namespace sim = device::simulated;

class energy_estimate : public ::testing::Test {
 protected:
  /// The temperature that the estimate reckons with.
  [[nodiscard]] double celsius() const {
    return board_.steady_celsius(board_.idle(at_, board_.parameters().thermal.ambient_celsius).input);
  }
  [[nodiscard]] double watts(const inference::part_cost& part) const {
    return board_.run(board_.cost_of(to_workload(part)), at_, celsius()).watts.input;
  }
  [[nodiscard]] double joules(const outcome& task) const { return estimated_joules(board_, costs_, task).value(); }

  /// A task at these clocks that ran on both sides.
  [[nodiscard]] outcome task(double share) const {
    outcome out;
    out.decided.share = out.share = share;
    out.clocks = {at_.cpu_hz, at_.gpu_hz, at_.memory_hz};
    out.stages.extract = 0.01;
    out.stages.local = share < 1.0 ? 0.02 : 0.0;
    out.tti = 0.1;
    return out;
  }

  sim::physics board_ = sim::physics::of_board("jetson-tx2");
  sim::operating_clocks at_ = board_.effective({.cpu_hz = 1.2e9, .gpu_hz = 0.8e9});
  inference::model_costs costs_ = inference::costs_of(
      inference::make_resnet18({.input_size = 32, .classes = 10, .base_width = 16, .feature_channels = 16}));
};

// One physics: a task that takes the times which training predicts is worth the energy that training predicts.
TEST_F(energy_estimate, agrees_with_the_prediction_that_policies_learn_from) {
  task_model model;
  model.front = to_workload(costs_.front());
  for (const double share : {0.0, 0.25, 0.5, 0.75, 1.0}) {
    share_terms way;
    way.share = share;
    if (share < 1.0) way.local = to_workload(costs_.local_at(share));
    if (share > 0.0) {
      way.wire_up_bytes = 4000.0 * share;
      way.cloud_seconds = 0.002;
    }
    model.ways.push_back(way);
  }
  const task_physics physics(board_, model);
  const link_conditions link{.bandwidth_bps = 5e6, .rtt_seconds = 0.004};
  for (std::size_t way = 0; way < model.ways.size(); ++way) {
    const auto expected = physics.predict(at_, celsius(), way, link);
    auto ran = task(model.ways[way].share);
    ran.stages.extract = expected.front_seconds;
    ran.stages.local = expected.local_seconds;
    ran.stages.transfer = expected.remote_seconds;
    ran.wire_up_bytes = static_cast<std::uint64_t>(model.ways[way].wire_up_bytes);
    ran.bandwidth_bps = link.bandwidth_bps;
    ran.tti = expected.tti_seconds;
    EXPECT_NEAR(joules(ran), expected.eti_joules, 1e-9 * expected.eti_joules) << "share " << ran.share;
  }
}

TEST_F(energy_estimate, counts_every_stretch_at_its_own_power) {
  const auto before = task(0.5);
  auto longer = before;
  longer.tti += 1.0;
  EXPECT_NEAR(joules(longer) - joules(before), board_.idle(at_, celsius()).input, 1e-9) << "waiting";
  longer.stages.extract += 1.0;
  EXPECT_NEAR(joules(longer) - joules(before), watts(costs_.front()), 1e-9) << "extraction";
  longer = before;
  longer.tti += 1.0;
  longer.stages.local += 1.0;
  EXPECT_NEAR(joules(longer) - joules(before), watts(costs_.local_at(0.5)), 1e-9) << "local DNN";
  auto sent = before;
  sent.wire_up_bytes = 1000;
  sent.stages.transfer = 0.03;
  EXPECT_NEAR(joules(sent) - joules(before), 0.03 * board_.parameters().radio.sending_watts, 1e-12) << "radio";
}

TEST_F(energy_estimate, an_appeal_comes_after_the_whole_local_network) {
  auto appeal = task(1.0);
  appeal.decided.sends = sending::appeal;
  appeal.stages.local = 0.02;
  auto whole = task(0.0);
  EXPECT_DOUBLE_EQ(joules(appeal), joules(whole));
  auto features = appeal;
  features.decided.sends = sending::features;
  EXPECT_LT(joules(features), joules(appeal)) << "at share 1 there is no local half: the time was spent waiting";
}

TEST_F(energy_estimate, is_absent_while_no_clock_is_known) {
  auto blind = task(0.5);
  blind.clocks = {};
  EXPECT_EQ(estimated_joules(board_, costs_, blind), std::nullopt);
  blind.clocks.gpu_hz = 0.8e9;
  EXPECT_NE(estimated_joules(board_, costs_, blind), std::nullopt);
}

TEST(sending_seconds, are_the_bits_at_the_links_rate_within_the_transfer) {
  outcome task;
  task.stages.transfer = 0.5;
  EXPECT_EQ(sending_seconds(task), 0.0) << "nothing was sent";
  task.wire_up_bytes = 1000;
  EXPECT_EQ(sending_seconds(task), 0.5) << "no rate is known";
  task.bandwidth_bps = 80'000.0;
  EXPECT_DOUBLE_EQ(sending_seconds(task), 0.1);
  task.bandwidth_bps = 8'000.0;
  EXPECT_EQ(sending_seconds(task), 0.5) << "the estimate is older than the transfer";
}

}  // namespace
}  // namespace dvfo::policy
