#include "policy/environment/world.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "policy/schemes/oracle.hpp"
#include "tests/policy/environment/fixtures.hpp"

namespace dvfo::policy {
namespace {

namespace sim = device::simulated;

class world_test : public ::testing::Test {
 protected:
  device::clocks highest() const {
    const auto at = board_.highest();
    return {at.cpu_hz, at.gpu_hz, at.memory_hz};
  }
  device::clocks lowest() const {
    const auto at = board_.lowest();
    return {at.cpu_hz, at.gpu_hz, at.memory_hz};
  }
  world make(arrivals when = {}) {
    return {physics_, link_, {.rtt_seconds = 0.004, .eta = 0.5, .when = when, .seed = 3}};
  }

  sim::physics board_ = sim::physics::of_board("jetson-tx2");
  task_physics physics_{board_, resnet_like()};
  link::trace link_ = link::trace::constant(5e6);
};

TEST_F(world_test, a_task_costs_what_the_physics_predicts_at_settled_clocks) {
  for (const double share : {0.0, 0.25, 0.5, 1.0}) {
    auto here = make();
    here.next_arrival();
    const double celsius = here.board().celsius();
    const auto expected = physics_.predict(board_.highest(), celsius, physics_.way_of(share),
                                           {.bandwidth_bps = 5e6, .rtt_seconds = 0.004});
    const auto seen = here.run({highest(), share});
    EXPECT_NEAR(seen.tti, expected.tti_seconds, 1e-9) << share;
    EXPECT_NEAR(*seen.eti_estimated_joules, expected.eti_joules, 1e-3 * expected.eti_joules) << share;
  }
}

TEST_F(world_test, a_clock_that_settles_during_the_task_makes_it_something_between) {
  auto fast = make();
  auto slow = make();
  auto changing = make();
  for (auto* each : {&fast, &slow, &changing}) each->next_arrival();
  slow.run({lowest(), 0.0});
  slow.next_arrival();
  const double fast_tti = fast.run({highest(), 0.0}).tti;
  const double slow_tti = slow.run({lowest(), 0.0}).tti;
  const double changing_tti = changing.run({lowest(), 0.0}).tti;
  EXPECT_GT(changing_tti, fast_tti);
  EXPECT_LT(changing_tti, slow_tti);
}

TEST_F(world_test, bandwidth_is_known_only_after_a_transfer) {
  auto here = make();
  EXPECT_FALSE(here.sense().bandwidth_bps);
  here.next_arrival();
  situation on_the_way;
  here.run({highest(), 0.5}, &on_the_way);
  EXPECT_FALSE(on_the_way.bandwidth_bps) << "the transfer has only begun when the next decision is thought out";
  EXPECT_EQ(on_the_way.previous.share, 0.5);
  EXPECT_NEAR(*here.sense().bandwidth_bps, 5e6, 1.0);
}

// Regression: the simulated sensor took the last transfer for the truth, where the live one smooths.
TEST_F(world_test, bandwidth_is_estimated_from_several_transfers) {
  const link::trace link("slower", {{0.0, 20e6}, {10.0, 2e6}}, 1000.0);
  world here(physics_, link, {.rtt_seconds = 0.004, .when = {.mean_seconds = 1.0}});
  decision all;
  all.share = 1.0;
  const auto estimated = [&] {
    here.next_arrival();
    here.run(all);
    return *here.sense().bandwidth_bps;
  };
  while (here.now() < 9.0) EXPECT_NEAR(estimated(), 20e6, 0.1e6);
  while (here.now() < 10.5) estimated();
  EXPECT_GT(estimated(), 2.5e6);
  while (here.now() < 25.0) estimated();
  EXPECT_NEAR(estimated(), 2e6, 0.05e6);
}

TEST_F(world_test, a_silent_link_is_probed) {
  const link::trace link("slower", {{0.0, 20e6}, {10.0, 2e6}}, 1000.0);
  world here(physics_, link, {.rtt_seconds = 0.004, .when = {.mean_seconds = 1.0}, .probe_seconds = 30.0});
  EXPECT_NEAR(*here.sense().bandwidth_bps, 20e6, 0.1e6);
  while (here.now() < 29.0) here.next_arrival(), here.run({});
  EXPECT_NEAR(*here.sense().bandwidth_bps, 20e6, 0.1e6);
  while (here.now() < 31.0) here.next_arrival(), here.run({});
  EXPECT_NEAR(*here.sense().bandwidth_bps, 2e6, 0.3e6);
}

TEST_F(world_test, tasks_that_come_too_fast_wait_and_their_time_counts_from_arrival) {
  auto here = make({.how = arrivals::kind::steady, .mean_seconds = 1e-4});
  double last = 0.0;
  for (int i = 0; i < 5; ++i) {
    here.next_arrival();
    const double tti = here.run({highest(), 0.0}).tti;
    EXPECT_GT(tti, last);
    last = tti;
  }
}

TEST_F(world_test, every_kind_of_arrival_keeps_its_mean_and_its_seed) {
  for (const auto how : {arrivals::kind::steady, arrivals::kind::poisson, arrivals::kind::bursts}) {
    auto one = make({.how = how, .mean_seconds = 1.0});
    auto same = make({.how = how, .mean_seconds = 1.0});
    for (int i = 0; i < 2000; ++i) {
      for (auto* each : {&one, &same}) {
        each->next_arrival();
        each->run({highest(), 0.0});
      }
    }
    EXPECT_EQ(one.now(), same.now());
    EXPECT_NEAR(one.now() / 2000.0, 1.0, 0.15) << static_cast<int>(how);
  }
}

TEST_F(world_test, refuses_impossible_options) {
  EXPECT_THROW(make({.how = arrivals::kind::steady, .mean_seconds = 0.0}), std::invalid_argument);
  EXPECT_THROW(world(physics_, link_, {.rtt_seconds = -1.0, .eta = 0.5, .when = {}, .seed = 1}), std::invalid_argument);
}

TEST(task_physics, refuses_a_model_without_both_ends) {
  const auto board = sim::physics::of_board("jetson-tx2");
  auto model = resnet_like();
  model.ways.pop_back();
  EXPECT_THROW(task_physics(board, model), std::invalid_argument);
}

TEST_F(world_test, the_oracle_is_nowhere_worse_than_any_other_decision) {
  for (const double eta : {0.0, 0.5, 1.0}) {
    const link_conditions link{.bandwidth_bps = 5e6, .rtt_seconds = 0.004};
    const auto best = search(physics_, link, eta, 15.0, 45.0);
    for (const double share : {0.0, 0.25, 0.5, 0.75, 1.0}) {
      for (const auto& clocks : {board_.highest(), board_.lowest()}) {
        const auto other = physics_.predict(clocks, 45.0, physics_.way_of(share), link);
        EXPECT_LE(best.cost, eta * other.eti_joules + (1.0 - eta) * 15.0 * other.tti_seconds + 1e-12);
      }
    }
  }
}

TEST_F(world_test, the_oracle_saves_clocks_when_only_energy_counts_and_not_when_only_time_does) {
  const link_conditions no_use{.bandwidth_bps = 1e4, .rtt_seconds = 1.0};
  const auto fast = search(physics_, no_use, 0.0, 15.0, 45.0);
  EXPECT_EQ(fast.chosen.share, 0.0) << "a link this slow is no use";
  EXPECT_EQ(fast.chosen.clocks.gpu_hz, board_.highest().gpu_hz);
  const auto frugal = search(physics_, no_use, 1.0, 15.0, 45.0);
  EXPECT_LT(*frugal.chosen.clocks.gpu_hz, board_.highest().gpu_hz);
  EXPECT_LT(frugal.expected.eti_joules, fast.expected.eti_joules);
}

}  // namespace
}  // namespace dvfo::policy
