#include "policy/agent/learner.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "tests/support/temporary_folder.hpp"

namespace dvfo::policy {
namespace {

/// A concurrent decision process small enough to be solved by iteration: the reward over [t, t + t_AS) and the way on
/// belong to the action before, and how long thinking takes depends on the state.
struct small_process {
  static constexpr int states = 4;
  static constexpr int actions = 3;
  static constexpr int inputs = states + actions + 1;
  double gamma = 0.8;

  static double reward(int s, int before) {
    constexpr double table[states][actions] = {{0.1, -0.4, 0.3}, {-0.2, 0.6, -0.5}, {0.0, -0.1, 0.5}, {-0.6, 0.8, 0.2}};
    return table[s][before];
  }
  static int next(int s, int before) {
    constexpr int table[states][actions] = {{1, 2, 0}, {3, 0, 2}, {0, 3, 1}, {2, 1, 3}};
    return table[s][before];
  }
  static double exponent(int s) { return s % 2 == 0 ? 0.4 : 1.0; }

  using table = std::array<double, states * actions * actions>;
  static std::size_t cell(int s, int before, int a) {
    return static_cast<std::size_t>((s * actions + before) * actions + a);
  }
  static double best(const table& q, int s, int before) {
    double most = q[cell(s, before, 0)];
    for (int a = 1; a < actions; ++a) most = std::max(most, q[cell(s, before, a)]);
    return most;
  }
  /// The operator of DVFO Eq. 15 in its control form.
  table apply(const table& q) const {
    table out{};
    for (int s = 0; s < states; ++s) {
      for (int before = 0; before < actions; ++before) {
        for (int a = 0; a < actions; ++a) {
          out[cell(s, before, a)] =
              concurrent_target(reward(s, before), gamma, exponent(s), best(q, next(s, before), a));
        }
      }
    }
    return out;
  }
  table solution() const {
    table q{};
    for (int i = 0; i < 500; ++i) q = apply(q);
    return q;
  }
  static std::array<float, inputs> observe(int s, int before) {
    std::array<float, inputs> out{};
    out[static_cast<std::size_t>(s)] = 1.0F;
    out[static_cast<std::size_t>(states + before)] = 1.0F;
    out[inputs - 1] = static_cast<float>(exponent(s));
    return out;
  }
};

learner_options quick() {
  learner_options options;
  options.hidden = {64, 32, 32};
  options.learning_rate = 3e-3;
  options.learning_rate_end = 1e-4;
  options.minibatch = 64;
  options.gamma = small_process{}.gamma;
  options.target_period = 50;
  options.replay.capacity = 4000;
  options.seed = 5;
  return options;
}

const action_space three({small_process::actions, 1, 1, 1}, output_form::branches);

/// Lets the agent live in the process and learn after every few steps.
void live(learner& agent, int steps, int environment_steps_a_gradient = 2) {
  int s = 0;
  int before = 0;
  for (int i = 0; i < steps; ++i) {
    const auto now = small_process::observe(s, before);
    const std::uint16_t mask = 0;
    std::array<levels, 1> chosen;
    agent.act(now, {&mask, 1}, agent.explore_at(static_cast<double>(i) / steps), chosen);
    const int s_next = small_process::next(s, before);
    const auto next = small_process::observe(s_next, chosen[0][0]);
    agent.remember({.state = now,
                    .action = chosen[0],
                    .reward = static_cast<float>(small_process::reward(s, before)),
                    .exponent = static_cast<float>(small_process::exponent(s)),
                    .next = next});
    s = s_next;
    before = chosen[0][0];
    if (agent.remembered() >= 64 && i % environment_steps_a_gradient == 0) agent.step(static_cast<double>(i) / steps);
  }
}

TEST(concurrent_operator, is_a_contraction_by_gamma_to_the_least_exponent) {
  const small_process process;
  random_source random(3);
  for (int round = 0; round < 200; ++round) {
    small_process::table one{};
    small_process::table other{};
    for (auto& value : one) value = random.between(-10.0, 10.0);
    for (auto& value : other) value = random.between(-10.0, 10.0);
    const auto distance = [](const auto& a, const auto& b) {
      double most = 0.0;
      for (std::size_t i = 0; i < a.size(); ++i) most = std::max(most, std::abs(a[i] - b[i]));
      return most;
    };
    const double before = distance(one, other);
    EXPECT_LE(distance(process.apply(one), process.apply(other)), std::pow(process.gamma, 0.4) * before + 1e-12);
  }
}

TEST(concurrent_operator, nothing_follows_an_infinite_exponent) {
  EXPECT_EQ(concurrent_target(2.0, 0.9, std::numeric_limits<double>::infinity(), 50.0), 2.0);
  EXPECT_EQ(concurrent_target(2.0, 0.0, std::numeric_limits<double>::infinity(), 50.0), 2.0);
  EXPECT_NEAR(concurrent_target(2.0, 0.81, 0.5, 10.0), 11.0, 1e-12);
}

TEST(learner, solves_a_concurrent_process_to_its_optimal_values) {
  learner agent(quick(), three, small_process::inputs, {three.full_mask()});
  live(agent, 16'000);
  const auto solution = small_process{}.solution();
  auto at = agent.online().make_batch(1);
  for (int s = 0; s < small_process::states; ++s) {
    for (int before = 0; before < small_process::actions; ++before) {
      const auto seen = small_process::observe(s, before);
      std::copy(seen.begin(), seen.end(), at.input.begin());
      agent.online().trunk(at);
      agent.online().outputs(at);
      const auto best = three.best(at.outputs, three.full_mask());
      EXPECT_NEAR(solution[small_process::cell(s, before, best[0])], small_process::best(solution, s, before), 1e-6)
          << "state " << s << " after action " << before << ": not an optimal action";
      for (int a = 0; a < small_process::actions; ++a) {
        EXPECT_NEAR(static_cast<double>(agent.online().value(at, 0, three.active({a, 0, 0, 0}))),
                    solution[small_process::cell(s, before, a)], 0.05)
            << "state " << s << " after action " << before << ", action " << a;
      }
    }
  }
}

TEST(learner, the_same_seed_gives_the_same_parameters_and_another_does_not) {
  auto options = quick();
  learner one(options, three, small_process::inputs, {three.full_mask()});
  learner same(options, three, small_process::inputs, {three.full_mask()});
  options.seed = 6;
  learner other(options, three, small_process::inputs, {three.full_mask()});
  for (auto* each : {&one, &same, &other}) live(*each, 400);
  const auto parameters = [](const learner& of) {
    return std::vector<float>(of.online().parameters().begin(), of.online().parameters().end());
  };
  EXPECT_EQ(parameters(one), parameters(same));
  EXPECT_NE(parameters(one), parameters(other));
}

TEST(learner, goes_on_from_a_checkpoint_as_if_nothing_had_happened) {
  const tests::temporary_folder folder;
  const auto file = folder.path() / "checkpoint";
  learner one(quick(), three, small_process::inputs, {three.full_mask()});
  live(one, 400);
  one.save(file);
  learner same(quick(), three, small_process::inputs, {three.full_mask()});
  same.restore(file);
  EXPECT_EQ(same.steps(), one.steps());
  learner again(quick(), three, small_process::inputs, {three.full_mask()});
  again.restore(file);
  live(same, 400);
  live(again, 400);
  EXPECT_TRUE(std::equal(same.online().parameters().begin(), same.online().parameters().end(),
                         again.online().parameters().begin()));
}

TEST(learner, a_checkpoint_takes_the_place_of_another_alone) {
  const tests::temporary_folder folder;
  const learner one(quick(), three, small_process::inputs, {three.full_mask()});
  tests::write_file(folder.path() / "checkpoint", "a letter");
  EXPECT_THROW(one.save(folder.path() / "checkpoint"), std::runtime_error);
  EXPECT_THROW(learner::remove_checkpoint(folder.path() / "checkpoint"), std::runtime_error);
  EXPECT_EQ(tests::read_file(folder.path() / "checkpoint"), "a letter");
  one.save(folder.path() / "mine");
  one.save(folder.path() / "mine");
  learner::remove_checkpoint(folder.path() / "mine");
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "mine"));
}

TEST(learner, refuses_a_checkpoint_of_another_network) {
  const tests::temporary_folder folder;
  learner one(quick(), three, small_process::inputs, {three.full_mask()});
  one.save(folder.path() / "checkpoint");
  auto options = quick();
  options.hidden = {32, 16};
  learner other(options, three, small_process::inputs, {three.full_mask()});
  EXPECT_THROW(other.restore(folder.path() / "checkpoint"), std::runtime_error);
  EXPECT_THROW(other.restore(folder.path() / "none"), std::runtime_error);
}

TEST(learner, refuses_options_that_cannot_be) {
  const auto refused = [](auto change) {
    auto options = quick();
    change(options);
    EXPECT_THROW(learner(options, three, small_process::inputs, {three.full_mask()}), std::invalid_argument);
  };
  refused([](auto& o) { o.gamma = 1.0; });
  refused([](auto& o) { o.gamma = std::numeric_limits<double>::quiet_NaN(); });
  refused([](auto& o) { o.learning_rate = 0.0; });
  refused([](auto& o) { o.minibatch = 0; });
  refused([](auto& o) { o.explore_end = 1.5; });
  refused([](auto& o) { o.replay.alpha = -0.1; });
  refused([](auto& o) { o.replay.capacity = 0; });
}

TEST(replay_memory, draws_in_proportion_to_priority_and_weighs_against_it) {
  replay_memory memory({.capacity = 4, .alpha = 1.0, .epsilon = 1e-9}, 1);
  const std::vector<float> state = {0.5F};
  for (int i = 0; i < 4; ++i) memory.add({.state = state, .next = state});
  for (std::size_t i = 0; i < 4; ++i) memory.found(i, static_cast<float>(i + 1));
  random_source random(1);
  std::array<int, 4> drawn{};
  std::array<std::size_t, 1000> places{};
  std::array<float, 1000> weights{};
  memory.sample(random, 1.0, places, weights);
  for (std::size_t i = 0; i < places.size(); ++i) {
    ++drawn[places[i]];
    EXPECT_NEAR(static_cast<double>(weights[i]), 1.0 / static_cast<double>(places[i] + 1), 1e-6);
  }
  for (int i = 0; i < 4; ++i) EXPECT_NEAR(drawn[static_cast<std::size_t>(i)], 100 * (i + 1), 2);
}

TEST(replay_memory, forgets_the_oldest_and_refuses_what_is_no_transition) {
  replay_memory memory({.capacity = 3}, 1);
  for (int i = 0; i < 5; ++i) {
    const std::vector<float> state = {static_cast<float>(i)};
    memory.add({.state = state, .action = {i, 0, 0, 0}, .reward = static_cast<float>(i), .next = state});
  }
  EXPECT_EQ(memory.size(), 3U);
  EXPECT_EQ(memory.at(0).action[0], 3);
  EXPECT_EQ(memory.at(1).state[0], 4.0F);
  EXPECT_EQ(memory.at(2).reward, 2.0F);
  const std::vector<float> state = {0.0F};
  const std::vector<float> longer = {0.0F, 1.0F};
  EXPECT_THROW(memory.add({.state = longer, .next = state}), std::invalid_argument);
  EXPECT_THROW(memory.add({.state = state, .reward = std::numeric_limits<float>::quiet_NaN(), .next = state}),
               std::invalid_argument);
}

}  // namespace
}  // namespace dvfo::policy
