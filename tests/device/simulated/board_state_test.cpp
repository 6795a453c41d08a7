#include "device/simulated/board_state.hpp"

#include <gtest/gtest.h>

#include "device/error.hpp"

namespace dvfo::device::simulated {
namespace {

class board_state_test : public ::testing::Test {
 protected:
  work_cost work_of(double flops) const {
    return model_.cost_of({.flops = flops, .bytes = flops / 50.0, .launches = 30});
  }

  physics model_ = physics::of_board("jetson-xavier-nx");
  board_state board_{model_, 0.0};
};

TEST_F(board_state_test, work_takes_the_modelled_time_at_the_clocks_in_force) {
  const auto work = work_of(4e9);
  const double whole = model_.seconds(work, model_.highest());
  board_.begin(work);
  EXPECT_DOUBLE_EQ(board_.end_time(), whole);
  board_.advance(whole / 2);
  EXPECT_TRUE(board_.is_busy());
  EXPECT_NEAR(board_.end_time(), whole, 1e-12);
  board_.advance(whole * 3);
  EXPECT_FALSE(board_.is_busy());
  EXPECT_NEAR(board_.end_time(), whole, 1e-12);
  EXPECT_NEAR(board_.busy_seconds(), whole, 1e-12);
}

TEST_F(board_state_test, a_clock_holds_only_after_it_has_settled) {
  const double lowest = model_.lowest().gpu_hz;
  board_.order(knob::gpu, lowest);
  const double settle = model_.settle_seconds(knob::gpu);
  EXPECT_DOUBLE_EQ(*board_.next_settling(), settle);
  board_.advance(settle * 0.99);
  EXPECT_EQ(board_.in_force().gpu_hz, model_.highest().gpu_hz);
  board_.advance(settle * 1.01);
  EXPECT_EQ(board_.in_force().gpu_hz, lowest);
  EXPECT_FALSE(board_.next_settling());
}

TEST_F(board_state_test, work_under_a_changing_clock_takes_a_mixture_of_both_times_and_the_stall) {
  const auto work = work_of(400e9);
  const double fast = model_.seconds(work, model_.highest());
  auto slow_clocks = model_.highest();
  slow_clocks.gpu_hz = model_.lowest().gpu_hz;
  const double slow = model_.seconds(work, slow_clocks);
  board_.begin(work);
  board_.order(knob::gpu, slow_clocks.gpu_hz);
  const double settle = model_.settle_seconds(knob::gpu);
  ASSERT_LT(settle, fast);
  board_.advance(1000.0);
  EXPECT_NEAR(board_.end_time(), settle + model_.stall_seconds() + (1.0 - settle / fast) * slow, 1e-9);
}

TEST_F(board_state_test, a_second_order_replaces_one_that_has_not_settled) {
  board_.order(knob::memory, model_.lowest().memory_hz);
  board_.order(knob::memory, model_.highest().memory_hz);
  board_.advance(1.0);
  EXPECT_EQ(board_.in_force().memory_hz, model_.highest().memory_hz);
}

// Regression: a task that ordered the same clock as the one before restarted its settling, so that in a dense stream it
// never took force.
TEST_F(board_state_test, the_same_order_again_does_not_start_settling_anew) {
  const double lowest = model_.lowest().memory_hz;
  const double settle = model_.settle_seconds(knob::memory);
  board_.order(knob::memory, lowest);
  board_.advance(settle * 0.6);
  board_.order(knob::memory, lowest);
  board_.advance(settle * 1.1);
  EXPECT_EQ(board_.in_force().memory_hz, lowest);
}

TEST_F(board_state_test, energy_is_the_integral_of_power_however_time_is_cut) {
  board_state fine{model_, 0.0};
  const auto work = work_of(4e9);
  board_.begin(work);
  fine.begin(work);
  board_.advance(0.5);
  for (int i = 1; i <= 500; ++i) fine.advance(0.001 * i);
  EXPECT_NEAR(board_.input_joules(), fine.input_joules(), 1e-3 * fine.input_joules());
  board_state idle{model_, 0.0};
  idle.advance(0.5);
  EXPECT_GT(board_.input_joules(), idle.input_joules()) << "work costs something";
}

TEST_F(board_state_test, sending_costs_the_radios_power_on_the_whole_boards_rail) {
  board_.advance(4.0);
  const auto before = board_.rail_joules();
  board_.sent(2.0);
  const double joules = 2.0 * model_.parameters().radio.sending_watts;
  EXPECT_NEAR(board_.radio_joules(), joules, 1e-9);
  for (std::size_t i = 0; i < before.size(); ++i) {
    const bool is_total = model_.rails()[i].name == "VDD_IN";
    EXPECT_NEAR(board_.rail_joules()[i] - before[i], is_total ? joules : 0.0, 1e-9) << model_.rails()[i].name;
  }
}

TEST_F(board_state_test, a_busy_board_warms_up_and_cools_down_again) {
  const double at_rest = board_.celsius();
  const auto work = work_of(2e15);
  board_.begin(work);
  board_.advance(100.0);
  ASSERT_TRUE(board_.is_busy());
  const double warm = board_.celsius();
  EXPECT_GT(warm, at_rest + 1.0);
  const double end = board_.end_time();
  board_.advance(end + 3600.0);
  EXPECT_NEAR(board_.celsius(), at_rest, 0.5);
}

// Regression: after some minutes, rounding left a sliver of work that no step to end_time() ever finished.
TEST_F(board_state_test, work_is_over_at_its_end_time_however_late_it_is) {
  const auto work = work_of(1e8);
  for (const double start : {1.0, 1e3, 1e5}) {
    board_state late{model_, start};
    for (int i = 0; i < 1000; ++i) {
      late.begin(work);
      late.advance(late.end_time());
      ASSERT_FALSE(late.is_busy()) << start << " " << i;
    }
  }
}

TEST_F(board_state_test, runs_one_piece_of_work_at_a_time) {
  board_.begin(work_of(1e12));
  EXPECT_THROW(board_.begin(work_of(1e9)), error);
}

}  // namespace
}  // namespace dvfo::device::simulated
