#include "evaluation/schemes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "evaluation/explain.hpp"
#include "policy/agent/action_space.hpp"
#include "policy/agent/observation.hpp"
#include "policy/agent/policy_bundle.hpp"
#include "policy/agent/q_network.hpp"
#include "policy/task_cost/network_task.hpp"
#include "tests/policy/environment/fixtures.hpp"

namespace dvfo::evaluation {
namespace {

using link::trace;
using testing::HasSubstr;

class schemes_test : public ::testing::Test {
 protected:
  schemes_case make(double bps, double eta = 0.5) const {
    schemes_case what;
    what.physics = &physics_;
    what.links = {trace::constant(bps)};
    what.eta = eta;
    what.tasks = 5;
    return what;
  }

  device::simulated::physics board_ = device::simulated::physics::of_board("jetson-tx2");
  policy::task_physics physics_{board_, policy::resnet_like()};
};

TEST_F(schemes_test, nobody_beats_the_oracle_at_clocks_that_need_not_change) {
  for (const double bps : {0.5e6, 5e6, 50e6}) {
    const auto rows = evaluate_schemes(make(bps), {"edge-only", "cloud-only", "fixed", "oracle"});
    ASSERT_EQ(rows.size(), 4U);
    // Its search takes clocks as settled; the first task still runs at the clocks before, hence the small allowance.
    for (const auto& row : rows) EXPECT_GT(row.regret, -0.02) << row.scheme << " at " << bps;
    EXPECT_EQ(rows[3].regret, 0.0);
  }
}

TEST_F(schemes_test, rows_say_what_ran) {
  const auto rows = evaluate_schemes(make(5e6), {"cloud-only", "edge-only"});
  EXPECT_EQ(rows[0].scheme, "cloud-only");
  EXPECT_EQ(rows[0].share_mean, 1.0);
  EXPECT_EQ(rows[1].share_mean, 0.0);
  EXPECT_FALSE(rows[0].accuracy) << "a descriptor has no accuracy";
  EXPECT_LE(rows[0].tti.p50, rows[0].tti.p99);
  EXPECT_NEAR(rows[1].cost.mean, 0.5 * rows[1].eti.mean + 0.5 * 15.0 * rows[1].tti.mean, 1e-12);
}

TEST_F(schemes_test, the_same_seed_gives_the_same_rows) {
  auto what = make(5e6);
  what.links = {trace::markov(1, 0.2e6, 100e6, 1.0, 100.0), trace::markov(2, 0.2e6, 100e6, 1.0, 100.0)};
  what.when = {.how = policy::arrivals::kind::poisson, .mean_seconds = 0.2};
  const auto one = evaluate_schemes(what, {"fixed"});
  const auto same = evaluate_schemes(what, {"fixed"});
  EXPECT_EQ(one[0].tti.mean, same[0].tti.mean);
  EXPECT_EQ(one[0].eti.mean, same[0].eti.mean);
}

TEST_F(schemes_test, an_unknown_scheme_is_an_error_that_lists_the_known_ones) {
  try {
    evaluate_schemes(make(5e6), {"edge-only", "magic"});
    FAIL();
  } catch (const std::invalid_argument& refused) {
    EXPECT_THAT(refused.what(), HasSubstr("magic"));
    EXPECT_THAT(refused.what(), HasSubstr("oracle"));
  }
  auto nothing = make(5e6);
  nothing.links.clear();
  EXPECT_THROW(evaluate_schemes(nothing, {"fixed"}), std::invalid_argument);
}

/// The eight networks' kind of task, with every way to send the input.
class network_schemes_test : public schemes_test {
 protected:
  network_schemes_test() { what_.physics = &with_input_; }

  policy::task_physics with_input_{board_, policy::task_of_network("resnet18", 2.0)};
  schemes_case what_ = [this] {
    auto what = make(5e6);
    what.when = {.how = policy::arrivals::kind::on_demand, .mean_seconds = 0.0};
    what.tasks = 40;
    what.warm_up = 50;
    return what;
  }();
};

TEST_F(network_schemes_test, nobody_beats_the_oracle_that_may_do_everything) {
  for (const double bps : {0.5e6, 5e6, 50e6}) {
    for (const double eta : {0.0, 0.5, 1.0}) {
      what_.links = {trace::constant(bps)};
      what_.eta = eta;
      const auto rows = evaluate_schemes(what_, {"all"});
      double best = 0.0;
      for (const auto& row : rows) {
        if (row.scheme == "oracle-any") best = row.cost.mean;
      }
      ASSERT_GT(best, 0.0);
      // The first task still runs at the clocks before, hence the small allowance.
      for (const auto& row : rows) EXPECT_GT(row.cost.mean, 0.98 * best) << row.scheme << " at " << bps << ", " << eta;
    }
  }
}

// An oracle that saw its own task alone lost to every scheme at the highest clocks when tasks came faster than it
// answered them: it took slow clocks for their energy, and the queue grew.
TEST_F(network_schemes_test, nor_where_tasks_queue) {
  what_.eta = 0.8;
  what_.tasks = 100;
  const auto alone = evaluate_schemes(what_, {"edge-only", "oracle"});
  for (const double load : {0.7, 1.0, 1.3}) {
    what_.when = {.how = policy::arrivals::kind::steady, .mean_seconds = load * alone[0].tti.mean};
    for (const auto& row : evaluate_schemes(what_, {"edge-only", "fixed", "cloud-only"})) {
      EXPECT_GT(row.regret, -0.02) << row.scheme << " at a load of " << load;
    }
  }
}

TEST_F(network_schemes_test, appeals_cost_what_local_answer_and_cloud_cost_together) {
  what_.discriminator = {.skipping_rate = 0.0, .top1_accepted = {}, .top1_appealed = {}};
  const auto rows = evaluate_schemes(what_, {"appealnet", "edge-only", "cloud-jpeg"});
  EXPECT_EQ(rows[0].share_mean, 1.0);
  EXPECT_GT(rows[0].tti.mean, rows[1].tti.mean);
  EXPECT_GT(rows[0].tti.mean, rows[2].tti.mean);
  what_.discriminator.skipping_rate = 1.0;
  const auto kept = evaluate_schemes(what_, {"appealnet"});
  EXPECT_NEAR(kept[0].tti.mean, rows[1].tti.mean, 0.05 * rows[1].tti.mean) << "its second head costs next to nothing";
}

TEST_F(network_schemes_test, modes_are_those_of_the_board_and_groups_expand) {
  EXPECT_EQ(policy::find_schemes("jetson-tx2", {"nvpmodel"}).size(), 5U);
  EXPECT_EQ(policy::find_schemes("jetson-nano", {"nvpmodel"}).size(), 2U);
  EXPECT_EQ(policy::find_schemes("jetson-nano", {"nvpmodel:5W"}).size(), 1U);
  EXPECT_THROW(policy::find_schemes("jetson-nano", {"nvpmodel:MAXQ"}), std::invalid_argument);
  EXPECT_THROW(policy::find_schemes("jetson-nano", {"dvfo"}), std::invalid_argument) << "no policy is at hand";
  EXPECT_EQ(policy::find_schemes("jetson-nano", {"all"}, true).size(),
            policy::find_schemes("jetson-nano", {"all"}).size() + 1);
  EXPECT_THROW(policy::find_schemes("jetson-nano", {"dvfo-blocking"}, true), std::invalid_argument)
      << "nor one of this kind";
  EXPECT_EQ(policy::find_schemes("jetson-nano", {"dvfo-blocking"}, false, true).size(), 1U);
  for (const auto& each : policy::scheme_table("jetson-tx2")) EXPECT_FALSE(each.what.empty()) << each.name;
}

TEST_F(network_schemes_test, tasks_wait_for_a_scheme_that_blocks_and_not_for_one_that_thinks_ahead) {
  policy::policy_bundle untrained;
  untrained.sizes = {4, 4, 4, 5};
  untrained.boards = {"jetson-tx2"};
  untrained.networks = {"resnet18"};
  const policy::action_space actions(untrained.sizes, untrained.form);
  untrained.network =
      policy::q_network({.inputs = policy::observer::size(), .hidden = {16}, .outputs = actions.outputs()}, 1);
  what_.trained = &untrained;
  auto blocking = untrained;
  blocking.how = policy::thinking::blocking;
  what_.trained_blocking = &blocking;
  const auto quick = evaluate_schemes(what_, {"dvfo", "dvfo-blocking", "drldo"});
  what_.thinking_seconds = 1.0;
  const auto slow = evaluate_schemes(what_, {"dvfo", "dvfo-blocking", "drldo"});
  EXPECT_EQ(slow[0].tti.mean, quick[0].tti.mean);
  EXPECT_NEAR(slow[1].tti.mean, quick[1].tti.mean + 1.0, 0.05);
  EXPECT_GT(slow[2].tti.p50, 1.0);
  EXPECT_LT(quick[2].tti.p50, 1.0);
}

TEST_F(network_schemes_test, a_reduction_is_what_is_saved_of_the_other) {
  scheme_row ours;
  ours.tti.mean = 3.0;
  scheme_row other;
  other.tti.mean = 4.0;
  EXPECT_DOUBLE_EQ(reduction_of(ours, other).tti, 0.25) << "1 - V/A, not A/V - 1";
}

TEST_F(network_schemes_test, explained_regret_is_the_oracles_own_measure) {
  const explained_case what = {.physics = &with_input_,
                               .link = {.bandwidth_bps = 5e6, .rtt_seconds = 0.004},
                               .previous = {},
                               .warm_up = 50,
                               .discriminator = {}};
  const auto rows = explain_schemes(what, {"oracle", "edge-only", "nvpmodel:MAXQ", "appealnet", "governor:schedutil"});
  ASSERT_EQ(rows.size(), 5U);
  EXPECT_EQ(rows[0].regret, 0.0);
  for (const auto& row : rows) EXPECT_GT(row.regret, -0.01) << row.scheme;
  EXPECT_EQ(rows[1].share, 0.0);
  EXPECT_EQ(rows[1].at, board_.highest());
  EXPECT_LE(rows[2].at.gpu_hz, 850e6);
  EXPECT_NEAR(rows[3].share, 0.3, 0.05) << "one minus the skipping rate";
  auto nowhere = what;
  nowhere.link.bandwidth_bps = 0.0;
  EXPECT_THROW(explain_schemes(nowhere, {"oracle"}), std::invalid_argument);
}

}  // namespace
}  // namespace dvfo::evaluation
