#include "policy/environment/load_governor.hpp"

#include <gtest/gtest.h>

#include "policy/environment/world.hpp"
#include "tests/policy/environment/fixtures.hpp"

namespace dvfo::policy {
namespace {

namespace sim = device::simulated;

class load_governor_test : public ::testing::Test {
 protected:
  /// What the governor orders after `seconds` at these clocks with this share of them busy.
  device::clocks after(double seconds, double busy_share, const sim::operating_clocks& at) {
    load_governor governor(board_, 0.0);
    device::clocks last;
    while (governor.next_seconds() <= seconds) {
      const double now = governor.next_seconds();
      governor.account(now - at_, busy_share * (now - at_), work_, at);
      at_ = now;
      const auto orders = governor.orders(now, at);
      for (const auto which : device::all_knobs) {
        if (orders[which]) last[which] = orders[which];
      }
    }
    at_ = 0.0;
    return last;
  }

  sim::physics board_ = sim::physics::of_board("jetson-tx2");
  sim::work_cost work_ = board_.cost_of({.flops = 3.3e9, .bytes = 20e6, .launches = 30});
  double at_ = 0.0;
};

TEST_F(load_governor_test, an_idle_board_goes_to_its_lowest_clocks) {
  const auto asked = after(1.0, 0.0, board_.highest());
  EXPECT_EQ(asked.cpu_hz, board_.lowest().cpu_hz);
  EXPECT_EQ(asked.gpu_hz, board_.lowest().gpu_hz);
  // The present CPU clock still demands its floor.
  EXPECT_GE(*asked.memory_hz, board_.memory_floor_hz(board_.highest().cpu_hz));
}

TEST_F(load_governor_test, a_busy_board_stays_at_its_highest_clocks) {
  const auto asked = after(1.0, 1.0, board_.highest());
  EXPECT_EQ(asked.cpu_hz, board_.highest().cpu_hz);
  EXPECT_EQ(asked.gpu_hz, board_.highest().gpu_hz);
}

// f = 1.25 · util · f_max, and the lowest point that is not below it: at half load 1.25 · 0.5 · 2035.2 MHz = 1272 MHz.
TEST_F(load_governor_test, schedutil_leaves_a_quarter_of_headroom) {
  EXPECT_EQ(after(1.0, 0.5, board_.highest()).cpu_hz, 1420.8e6);
}

TEST_F(load_governor_test, utilisation_does_not_depend_on_the_clock_that_it_is_measured_at) {
  auto slow = board_.highest();
  slow.cpu_hz = board_.points(device::knob::cpu)[5];  // 1113.6 MHz
  EXPECT_EQ(after(1.0, 1.0, slow).cpu_hz, 1420.8e6) << "1.25 times what keeps it busy";
}

TEST_F(load_governor_test, only_clocks_that_no_decision_orders_are_governed) {
  const task_physics physics(board_, resnet_like());
  const auto link = link::trace::constant(5e6);
  world here(
      physics, link,
      {.rtt_seconds = 0.004, .when = {.how = arrivals::kind::steady, .mean_seconds = 2.0}, .governs_by_load = true});
  const double ordered = board_.points(device::knob::cpu)[8];
  here.next_arrival();
  here.run({{.cpu_hz = ordered}, 0.0});
  here.next_arrival();
  EXPECT_EQ(here.board().in_force().cpu_hz, ordered);
  EXPECT_EQ(here.board().in_force().gpu_hz, board_.lowest().gpu_hz) << "idle for most of two seconds";
}

TEST_F(load_governor_test, without_it_clocks_stand_where_they_are) {
  const task_physics physics(board_, resnet_like());
  const auto link = link::trace::constant(5e6);
  world here(physics, link, {.rtt_seconds = 0.004, .when = {.how = arrivals::kind::steady, .mean_seconds = 2.0}});
  for (int i = 0; i < 3; ++i) {
    here.next_arrival();
    here.run({{}, 0.0});
  }
  EXPECT_EQ(here.board().in_force(), board_.highest());
}

}  // namespace
}  // namespace dvfo::policy
