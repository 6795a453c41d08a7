#include "policy/schemes/drldo_scheme.hpp"
#include "policy/schemes/fixed_scheme.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <stdexcept>

#include "policy/cost.hpp"
#include "policy/environment/world.hpp"
#include "policy/schemes/warm_up.hpp"
#include "policy/task_cost/network_task.hpp"

namespace dvfo::policy {
namespace {

namespace sim = device::simulated;

const std::vector<double> quarters = {0.0, 0.25, 0.5, 0.75, 1.0};

situation known_link() {
  situation now;
  now.link_up = true;
  now.bandwidth_bps = 20e6;
  now.rtt_seconds = 0.004;
  return now;
}

outcome answered(const decision& decided, double seconds) {
  outcome out;
  out.decided = decided;
  out.tti = seconds;
  return out;
}

class drldo_test : public ::testing::Test {
 protected:
  struct habits {
    double share = 0.0;
    double cpu_hz = 0.0;
  };

  drldo_scheme make(std::uint64_t seed = 1) const {
    return {board_.points(device::knob::cpu), quarters, {.explore_tasks = 400.0, .seed = seed}};
  }

  /// What it does in 100 tasks, after `tasks` of learning.
  habits learned(drldo_scheme& scheme, double bps, double eta, std::size_t tasks) {
    const auto link = link::trace::constant(bps);
    world here(physics_, link,
               {.rtt_seconds = 0.002, .eta = eta, .when = {.how = arrivals::kind::on_demand, .mean_seconds = 0.0}});
    habits out;
    warm_up(scheme, here, tasks);
    for (int i = 0; i < 100; ++i) {
      here.next_arrival();
      const auto decided = scheme.decide(here.sense());
      scheme.observe(here.run(decided));
      out.share += decided.share / 100.0;
      out.cpu_hz += *decided.clocks.cpu_hz / 100.0;
    }
    return out;
  }

  sim::physics board_ = sim::physics::of_board("jetson-nano");
  task_physics physics_{board_, task_of_network("inception-v4", 2.0)};
};

TEST_F(drldo_test, keeps_the_input_where_the_link_is_slow_and_sends_it_where_it_is_fast) {
  auto slow = make();
  EXPECT_LT(learned(slow, 0.5e6, 0.5, 1500).share, 0.05);
  auto fast = make();
  EXPECT_GT(learned(fast, 500e6, 0.5, 1500).share, 0.9);
}

TEST_F(drldo_test, comes_close_to_the_best_clock_and_share_that_it_could_have) {
  const auto cost_of = [&](auto& decider, int tasks, int counted) {
    const auto link = link::trace::constant(5e6);
    world here(physics_, link, {.when = {.how = arrivals::kind::on_demand, .mean_seconds = 0.0}});
    double sum = 0.0;
    for (int i = 0; i < tasks + counted; ++i) {
      here.next_arrival();
      const auto result = here.run(decider.decide(here.sense()));
      decider.observe(result);
      if (i >= tasks) sum += task_cost(0.5, *result.eti_estimated_joules, result.tti, 15.0) / counted;
    }
    return sum;
  };
  double best = std::numeric_limits<double>::infinity();
  for (const double hz : board_.points(device::knob::cpu)) {
    for (const double share : quarters) {
      fixed_scheme fixed(share, {.cpu_hz = hz}, sending::input);
      best = std::min(best, cost_of(fixed, 4, 4));
    }
  }
  auto learner = make();
  cost_of(learner, 2500, 1);
  learner.explore(false);
  EXPECT_LT(cost_of(learner, 4, 50), 1.02 * best);
}

TEST_F(drldo_test, the_same_seed_learns_the_same) {
  auto one = make(3);
  auto same = make(3);
  const auto first = learned(one, 5e6, 0.5, 200);
  const auto second = learned(same, 5e6, 0.5, 200);
  EXPECT_EQ(first.share, second.share);
  EXPECT_EQ(first.cpu_hz, second.cpu_hz);
}

TEST_F(drldo_test, orders_the_cpu_alone_and_sends_the_input) {
  auto scheme = make();
  for (int i = 0; i < 20; ++i) {
    const auto decided = scheme.decide(known_link());
    EXPECT_TRUE(decided.clocks.cpu_hz);
    EXPECT_FALSE(decided.clocks.gpu_hz);
    EXPECT_FALSE(decided.clocks.memory_hz);
    EXPECT_EQ(decided.sends, sending::input);
    scheme.observe(answered(decided, 0.1));
  }
}

TEST_F(drldo_test, stays_on_the_edge_while_the_link_is_down_and_takes_no_harm_from_broken_sensors) {
  auto scheme = make();
  situation now = known_link();
  for (const double bad : {std::numeric_limits<double>::quiet_NaN(), -1.0}) {
    now.link_up = false;
    now.bandwidth_bps = bad;
    now.celsius = bad;
    now.eta = bad;
    for (int i = 0; i < 200; ++i) {
      const auto decided = scheme.decide(now);
      EXPECT_EQ(decided.share, 0.0);
      scheme.observe(answered(decided, 0.1));
    }
  }
  EXPECT_GT(scheme.remembered(), 390U);
}

// A node that thinks ahead decides on the next task before the present one is answered: a scheme that takes every
// outcome for that of its newest decision learns the price of one action as that of another.
TEST_F(drldo_test, an_outcome_belongs_to_the_decision_that_it_names) {
  drldo_scheme scheme({1e9, 2e9}, {0.0, 1.0}, {.minibatch = 16, .first_tasks = 16, .explore_tasks = 150.0});
  auto before = scheme.decide(known_link());
  const auto seconds_of = [](const decision& made) { return made.share > 0.0 ? 0.05 : 0.5; };
  for (int i = 0; i < 1500; ++i) {
    const auto next = scheme.decide(known_link());
    // Now and then a task is lost.
    if (i % 7 != 0) scheme.observe(answered(before, seconds_of(before)));
    before = next;
  }
  scheme.explore(false);
  EXPECT_EQ(scheme.decide(known_link()).share, 1.0);
  EXPECT_GT(scheme.remembered(), 1000U);
}

TEST_F(drldo_test, refuses_a_board_without_clocks_and_a_model_without_shares) {
  EXPECT_THROW(drldo_scheme({}, quarters, {}), std::invalid_argument);
  EXPECT_THROW(drldo_scheme({1e9}, {}, {}), std::invalid_argument);
  EXPECT_THROW(drldo_scheme({1e9}, {0.5, 1.0}, {}), std::invalid_argument);
}

}  // namespace
}  // namespace dvfo::policy
