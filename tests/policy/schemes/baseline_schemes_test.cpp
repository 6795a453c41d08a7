#include <gtest/gtest.h>

#include <stdexcept>

#include "policy/environment/world.hpp"
#include "policy/schemes/appealnet_scheme.hpp"
#include "policy/schemes/oracle.hpp"
#include "policy/schemes/tabular_dvfs.hpp"
#include "policy/schemes/warm_up.hpp"
#include "policy/task_cost/network_task.hpp"
#include "tests/policy/environment/fixtures.hpp"

namespace dvfo::policy {
namespace {

namespace sim = device::simulated;

TEST(appealnet_scheme, accepts_as_many_answers_as_it_is_told) {
  appealnet_scheme scheme(0.7, 1);
  int accepted = 0;
  for (int i = 0; i < 10'000; ++i) {
    const auto decided = scheme.decide({});
    EXPECT_EQ(decided.sends, sending::appeal);
    EXPECT_FALSE(decided.clocks.any());
    if (decided.share == 0.0) ++accepted;
  }
  EXPECT_NEAR(accepted, 7000, 150);
  EXPECT_THROW(appealnet_scheme(1.5, 1), std::invalid_argument);
}

TEST(appealnet_scheme, takes_test_images_one_after_another) {
  appealnet_scheme scheme({1, 0, 0});
  const std::vector<double> expected = {0.0, 1.0, 1.0, 0.0, 1.0, 1.0};
  for (const double share : expected) EXPECT_EQ(scheme.decide({}).share, share);
  EXPECT_THROW(appealnet_scheme(std::vector<std::uint8_t>{}), std::invalid_argument);
}

// A world hung for ever on an answer that AppealNet kept: that way has no local work left, the board was given a piece
// of work of no length, and work ends only as time passes.
TEST(appealnet_scheme, a_kept_answer_ends) {
  const auto board = sim::physics::of_board("jetson-tx2");
  const task_physics physics(board, task_of_network("resnet18", 2.0));
  const auto link = link::trace::constant(5e6);
  world here(physics, link, {.rtt_seconds = 0.004, .when = {}});
  here.next_arrival();
  const auto kept = here.run({{}, 0.0, sending::appeal});
  EXPECT_EQ(kept.where, ran_on::edge);
  EXPECT_EQ(kept.stages.local, 0.0);
  EXPECT_GT(kept.stages.extract, 0.0);
}

class tabular_test : public ::testing::Test {
 protected:
  /// Mean CPU clock over 200 tasks, all of them judged, after `tasks` of learning.
  double learned_hz(tabular_dvfs& scheme, double eta, std::size_t tasks) {
    const auto link = link::trace::constant(5e6);
    world here(physics_, link,
               {.rtt_seconds = 0.004, .eta = eta, .when = {.how = arrivals::kind::on_demand, .mean_seconds = 0.0}});
    warm_up(scheme, here, tasks);
    double sum = 0.0;
    for (int i = 0; i < 200; ++i) {
      here.next_arrival();
      const auto decided = scheme.decide(here.sense());
      scheme.observe(here.run(decided));
      sum += *decided.clocks.cpu_hz;
    }
    return sum / 200.0;
  }

  sim::physics board_ = sim::physics::of_board("jetson-tx2");
  task_physics physics_{board_, resnet_like()};
};

TEST_F(tabular_test, learns_that_only_speed_counts_when_only_time_does) {
  tabular_dvfs scheme(board_.points(device::knob::cpu), {.explore_tasks = 500.0});
  EXPECT_GT(learned_hz(scheme, 0.0, 4000), 0.8 * board_.highest().cpu_hz);
}

TEST_F(tabular_test, a_cool_die_is_worth_slower_clocks_within_the_guarantee) {
  tabular_dvfs quick(board_.points(device::knob::cpu), {.explore_tasks = 500.0});
  tabular_dvfs cool(board_.points(device::knob::cpu), {.goal = tabular_goal::temperature, .explore_tasks = 500.0});
  EXPECT_LT(learned_hz(cool, 0.0, 4000), learned_hz(quick, 0.0, 4000));
}

TEST_F(tabular_test, the_same_seed_learns_the_same) {
  tabular_dvfs one(board_.points(device::knob::cpu), {.seed = 3});
  tabular_dvfs same(board_.points(device::knob::cpu), {.seed = 3});
  EXPECT_EQ(learned_hz(one, 0.5, 300), learned_hz(same, 0.5, 300));
}

TEST_F(tabular_test, refuses_a_board_without_clocks) { EXPECT_THROW(tabular_dvfs({}, {}), std::invalid_argument); }

TEST(oracle, tries_every_share_on_a_link_that_is_about_to_fall_silent) {
  const auto board = sim::physics::of_board("jetson-tx2");
  const task_physics physics(board, resnet_like());
  // Fast when the decision is made, silent for ten seconds before the features are ready.
  const link::trace link("cut", {{0.0, 50e6}, {1.001, 0.0}, {11.0, 50e6}}, 12.0);
  world here(physics, link, {.rtt_seconds = 0.004, .when = {.how = arrivals::kind::steady, .mean_seconds = 1.0}});
  oracle_scheme oracle(physics, 15.0, [&]() -> const world& { return here; });
  here.next_arrival();
  EXPECT_GT(search(physics, here.truth(), 0.0, 15.0, 45.0).chosen.share, 0.0) << "else the case proves nothing";
  auto now = here.sense();
  now.eta = 0.0;
  EXPECT_EQ(oracle.decide(now).share, 0.0);
}

}  // namespace
}  // namespace dvfo::policy
