#include "policy/training/training_environment.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "policy/training/regret.hpp"
#include "tests/policy/environment/fixtures.hpp"

namespace dvfo::policy {
namespace {

constexpr levels sizes = {10, 10, 10, 5};

class training_environment_test : public ::testing::Test {
 protected:
  static environment_options few() {
    environment_options options;
    options.worlds = 6;
    options.episode_tasks = 5;
    return options;
  }
  /// Lowest clocks and edge only, everywhere.
  static std::vector<levels> lowest(const training_environment& worlds) {
    return std::vector<levels>(static_cast<std::size_t>(worlds.worlds()), levels{});
  }

  scenario_set scenarios_{
      {"jetson-nano", "jetson-tx2"}, {{"resnet-like", [](double) { return resnet_like(); }}}, sizes};
};

TEST_F(training_environment_test, the_same_seed_gives_the_same_worlds) {
  training_environment one(scenarios_.all(), few(), 3);
  training_environment same(scenarios_.all(), few(), 3);
  training_environment other(scenarios_.all(), few(), 4);
  bool differs = false;
  for (int step = 0; step < 40; ++step) {
    const auto a = one.step(lowest(one));
    const auto b = same.step(lowest(same));
    const auto c = other.step(lowest(other));
    for (std::size_t i = 0; i < a.size(); ++i) {
      ASSERT_EQ(a[i].reward, b[i].reward);
      ASSERT_TRUE(std::equal(a[i].next.begin(), a[i].next.end(), b[i].next.begin()));
      differs = differs || a[i].reward != c[i].reward;
    }
  }
  EXPECT_TRUE(differs);
}

TEST_F(training_environment_test, a_state_follows_from_the_one_before_until_the_episode_ends) {
  training_environment worlds(scenarios_.all(), few(), 5);
  std::vector<float> last;
  int ends = 0;
  for (int step = 0; step < 30; ++step) {
    const auto found = worlds.step(lowest(worlds));
    if (!last.empty()) {
      EXPECT_TRUE(std::equal(found[0].state.begin(), found[0].state.end(), last.begin()));
    }
    last.assign(found[0].next.begin(), found[0].next.end());
    if (std::isinf(found[0].exponent)) {
      ++ends;
    } else {
      EXPECT_GE(found[0].exponent, 0.0F);
      EXPECT_LE(found[0].exponent, 1.0F) << "thinking fits into the time between tasks";
    }
  }
  EXPECT_GE(ends, 5);
  EXPECT_LE(ends, 7);
}

TEST_F(training_environment_test, importances_of_real_images_take_the_place_of_made_up_ones) {
  auto options = few();
  options.importances = {{0.7F, 0.1F, 0.1F, 0.1F}};
  training_environment worlds(scenarios_.all(), options, 5);
  const auto names = observer::names();
  const auto place = static_cast<std::size_t>(std::find(names.begin(), names.end(), "kept_at_0.75") - names.begin());
  for (int step = 0; step < 20; ++step) {
    for (const auto& each : worlds.step(lowest(worlds))) EXPECT_NEAR(each.state[place], 0.7F, 1e-6F);
  }
  options.importances = {{0.7F, 0.7F}};
  EXPECT_THROW(training_environment(scenarios_.all(), options, 5), std::invalid_argument);
}

TEST_F(training_environment_test, a_blocking_agent_sees_neither_its_action_nor_the_vector_to_go) {
  auto options = few();
  options.how = thinking::blocking;
  training_environment worlds(scenarios_.all(), options, 5);
  const auto names = observer::names();
  for (int step = 0; step < 10; ++step) {
    for (const auto& each : worlds.step(lowest(worlds))) {
      for (std::size_t i = 0; i < names.size(); ++i) {
        const bool is_hidden = names[i].starts_with("to_go") || names[i] == "thinking_share";
        EXPECT_TRUE(!is_hidden || each.next[i] == 0.0F) << names[i];
        EXPECT_TRUE(names[i] != "previous_gpu" || each.next[i] == 1.0F) << "not the lowest, which it chose";
      }
    }
  }
}

TEST_F(training_environment_test, what_is_hard_comes_as_often_as_asked) {
  auto options = few();
  options.worlds = 200;
  options.markov_share = 0.0;
  training_environment worlds(scenarios_.all(), options, 5);
  worlds.focus({{.where = {.scenario = 1, .eta = 0.5, .bandwidth_bps = 2e6, .rtt_seconds = 0.02}, .weight = 3.0}}, 0.8);
  for (int step = 0; step < options.episode_tasks; ++step) worlds.step(lowest(worlds));
  const auto names = observer::names();
  const auto eta = static_cast<std::size_t>(std::find(names.begin(), names.end(), "eta") - names.begin());
  int near = 0;
  for (std::size_t i = 0; i < 200; ++i) {
    const double seen = worlds.states()[i * names.size() + eta];
    near += worlds.masks()[i] == scenarios_.all()[1].mask && std::abs(seen - 0.5) <= 0.1001 ? 1 : 0;
  }
  EXPECT_GT(near, 140);
  EXPECT_LT(near, 190) << "the rest is drawn from everything";
}

TEST_F(training_environment_test, refuses_worlds_that_cannot_be) {
  const auto refused = [&](auto change) {
    auto options = few();
    change(options);
    EXPECT_THROW(training_environment(scenarios_.all(), options, 1), std::invalid_argument);
  };
  refused([](auto& o) { o.worlds = 0; });
  refused([](auto& o) { o.bandwidth_low_bps = 0.0; });
  refused([](auto& o) { o.bandwidth_high_bps = 1.0; });
  refused([](auto& o) { o.rtt_low_seconds = -1.0; });
  refused([](auto& o) { o.interval_low = std::nan(""); });
  EXPECT_THROW(scenario_set({}, published_models({"resnet18"}), sizes), std::invalid_argument);
}

TEST_F(training_environment_test, the_reward_orders_decisions_as_their_cost_does) {
  EXPECT_GT(reward_of(1.0, 2.0), reward_of(1.1, 2.0));
  EXPECT_EQ(reward_of(2.0, 2.0), 0.0);
}

TEST_F(training_environment_test, regret_is_zero_for_the_oracle_and_large_for_the_slowest) {
  const regret_grid grid(scenarios_.all(), {.eta = {0.5}, .bandwidth_bps = {1e6, 20e6}, .rtt_seconds = {0.004}});
  ASSERT_EQ(grid.size(), 4U);
  const auto cells = grid.judge([](const auto&, const auto&) { return decision{}; }).cells;
  const auto oracle = grid.judge([&](const training_scenario& which, const situation& now) {
    for (const auto& cell : cells) {
      if (cell.scenario == &which && std::abs(cell.bandwidth_bps / *now.bandwidth_bps - 1.0) < 0.01) return cell.oracle;
    }
    return decision{};
  });
  EXPECT_NEAR(oracle.mean, 0.0, 1e-3);
  EXPECT_NEAR(oracle.worst, 0.0, 1e-3);
  const auto slow = grid.judge([](const training_scenario& which, const situation&) {
    const auto at = which.physics->board().lowest();
    return decision{{at.cpu_hz, at.gpu_hz, at.memory_hz}, 0.0};
  });
  EXPECT_GT(slow.mean, 0.5);
}

}  // namespace
}  // namespace dvfo::policy
