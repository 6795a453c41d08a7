#include "policy/schemes/exhaustive_search.hpp"

#include <gtest/gtest.h>

#include "policy/agent/observation.hpp"
#include "policy/environment/world.hpp"
#include "policy/task_cost/network_task.hpp"
#include "tests/policy/environment/fixtures.hpp"

namespace dvfo::policy {
namespace {

namespace sim = device::simulated;

class exhaustive_search_test : public ::testing::Test {
 protected:
  sim::physics board_ = sim::physics::of_board("jetson-tx2");
  task_physics physics_{board_, resnet_like()};
  exhaustive_search fast_{physics_};
};

TEST_F(exhaustive_search_test, finds_what_the_plain_search_finds) {
  for (const double eta : {0.0, 0.3, 0.5, 1.0}) {
    for (const double bps : {0.5e6, 5e6, 50e6}) {
      for (const double celsius : {25.0, 45.0, 80.0}) {
        const link_conditions link{.bandwidth_bps = bps, .rtt_seconds = 0.004};
        const auto plain = search(physics_, link, eta, 15.0, celsius);
        const auto found = fast_.best(link, eta, 15.0, celsius);
        EXPECT_NEAR(found.cost, plain.cost, 1e-9 * plain.cost);
        EXPECT_EQ(found.chosen, plain.chosen) << eta << ' ' << bps << ' ' << celsius;
        EXPECT_NEAR(found.expected.eti_joules, plain.expected.eti_joules, 1e-9 * plain.expected.eti_joules);
      }
    }
  }
}

TEST_F(exhaustive_search_test, more_ways_never_cost_more) {
  const task_physics with_input(board_, task_of_network("resnet18", 2.0));
  const exhaustive_search features(with_input);
  const exhaustive_search everything(with_input, exhaustive_search::over::everything);
  for (const double bps : {0.5e6, 5e6, 500e6}) {
    const link_conditions link{.bandwidth_bps = bps, .rtt_seconds = 0.004};
    EXPECT_LE(everything.best(link, 0.5, 15.0, 45.0).cost, features.best(link, 0.5, 15.0, 45.0).cost);
  }
}

TEST_F(exhaustive_search_test, certainty_equivalence_takes_the_estimate_for_the_truth) {
  certainty_equivalent_scheme scheme(physics_, 15.0);
  situation now;
  now.eta = 0.5;
  now.celsius = 60.0;
  const auto at = [&](const link_conditions& link) { return fast_.best(link, 0.5, 15.0, 60.0).chosen; };
  EXPECT_EQ(scheme.decide(now), at(unknown_link));
  now.bandwidth_bps = 20e6;
  now.rtt_seconds = 0.004;
  EXPECT_EQ(scheme.decide(now), at({.bandwidth_bps = 20e6, .rtt_seconds = 0.004}));
  EXPECT_NE(scheme.decide(now), at(unknown_link));
}

TEST(queue_behind, adds_up_what_everybody_behind_waits) {
  EXPECT_EQ(queue_behind{}.waiting_seconds(1e9), 0.0);
  const std::deque<double> arrivals = {1.0, 2.0, 10.0};
  const queue_behind queue{&arrivals, 3.0};
  EXPECT_EQ(queue.waiting_seconds(0.5), 0.0);
  // Free at 4: the first waits 3 and ends at 7, the second 5 and ends at 10, when the third comes.
  EXPECT_DOUBLE_EQ(queue.waiting_seconds(4.0), 8.0);
  EXPECT_DOUBLE_EQ(queue.waiting_seconds(5.0), 4.0 + 6.0 + 1.0);
}

// Energy alone asks for slow clocks, and an oracle that looked at its own task alone took them although tasks came
// faster than they were answered: every scheme at the highest clocks then beat it, because waiting is part of the cost.
TEST_F(exhaustive_search_test, hurries_where_others_wait) {
  const link_conditions link{.bandwidth_bps = 1e4, .rtt_seconds = 1.0};
  const auto alone = fast_.best(link, 0.9, 15.0, 45.0);
  std::deque<double> arrivals;
  for (int i = 1; i <= 64; ++i) arrivals.push_back(0.5 * alone.expected.tti_seconds * i);
  const auto hurried = fast_.best(link, 0.9, 15.0, 45.0, {&arrivals, alone.expected.tti_seconds}, 0.0);
  EXPECT_LT(hurried.expected.tti_seconds, alone.expected.tti_seconds);
}

}  // namespace
}  // namespace dvfo::policy
