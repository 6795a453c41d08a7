#include "policy/schemes/dvfo_scheme.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <stdexcept>

#include "tests/policy/environment/fixtures.hpp"
#include "tests/support/temporary_folder.hpp"

namespace dvfo::policy {
namespace {

policy_bundle untrained() {
  policy_bundle bundle;
  bundle.name = "untrained";
  bundle.sizes = {10, 10, 10, 5};
  bundle.boards = {"jetson-tx2"};
  bundle.networks = {"resnet-like"};
  bundle.recipe = "none";
  bundle.network =
      q_network({.inputs = observer::size(), .outputs = action_space(bundle.sizes, bundle.form).outputs()}, 11);
  return bundle;
}

class dvfo_scheme_test : public ::testing::Test {
 protected:
  dvfo_scheme make(const std::string& board = "jetson-tx2", const std::string& network = "resnet-like") {
    return {untrained(),
            {.board = board, .network = network, .physics = &physics_, .max_power_watts = 15.0},
            [this](const std::string& what) { complaints_.push_back(what); }};
  }
  static situation usual() {
    situation now;
    now.bandwidth_bps = 5e6;
    now.rtt_seconds = 0.004;
    now.link_up = true;
    return now;
  }
  decision fallback() const {
    const auto at = board_.highest();
    return {.clocks = {at.cpu_hz, at.gpu_hz, at.memory_hz}, .share = 0.0};
  }

  device::simulated::physics board_ = device::simulated::physics::of_board("jetson-tx2");
  task_physics physics_{board_, resnet_like()};
  std::vector<std::string> complaints_;
};

TEST_F(dvfo_scheme_test, decides_operating_points_and_shares_that_there_are) {
  auto scheme = make();
  for (const double eta : {0.0, 0.3, 0.9}) {
    auto now = usual();
    now.eta = eta;
    const auto decided = scheme.decide(now);
    EXPECT_EQ(board_.effective(decided.clocks).gpu_hz, *decided.clocks.gpu_hz);
    EXPECT_EQ(physics_.model().ways[physics_.way_of(decided.share)].share, decided.share);
  }
  EXPECT_TRUE(complaints_.empty());
}

TEST_F(dvfo_scheme_test, stays_on_the_edge_while_no_cloud_is_there_or_its_link_is_unknown) {
  auto scheme = make();
  auto now = usual();
  now.link_up = false;
  for (const double eta : {0.0, 0.5, 1.0}) {
    now.eta = eta;
    EXPECT_EQ(scheme.decide(now).share, 0.0);
    auto unknown = usual();
    unknown.eta = eta;
    unknown.bandwidth_bps.reset();
    EXPECT_EQ(scheme.decide(unknown).share, 0.0);
  }
}

// Regressions: on a trace whose link stalls, the network guessed at links slower and queues longer than any that it had
// been trained with: it sent into a link that hardly moved, and ordered the lowest clocks with a hundred tasks waiting.
TEST_F(dvfo_scheme_test, stays_on_the_edge_behind_a_link_slower_than_any_of_training) {
  auto scheme = make();
  for (double eta = 0.0; eta <= 1.0; eta += 0.05) {
    auto now = usual();
    now.eta = eta;
    now.bandwidth_bps = 0.9 * unknown_link.bandwidth_bps;
    EXPECT_EQ(scheme.decide(now).share, 0.0) << eta;
  }
}

TEST_F(dvfo_scheme_test, takes_a_long_queue_for_the_longest_that_it_knows) {
  auto scheme = make();
  for (double eta = 0.0; eta <= 1.0; eta += 0.05) {
    auto now = usual();
    now.eta = eta;
    now.waiting_tasks = 0.25;
    const auto known = scheme.decide(now);
    now.waiting_tasks = 500.0;
    EXPECT_EQ(scheme.decide(now), known) << eta;
  }
}

TEST_F(dvfo_scheme_test, says_once_that_it_was_not_trained_for_a_board_or_model_and_falls_back) {
  for (const auto& [board, network] : {std::pair{"jetson-nano", "resnet-like"}, std::pair{"jetson-tx2", "vgg19"}}) {
    complaints_.clear();
    auto scheme = make(board, network);
    EXPECT_FALSE(scheme.is_trained_for_this());
    for (int i = 0; i < 3; ++i) EXPECT_EQ(scheme.decide(usual()), fallback());
    ASSERT_EQ(complaints_.size(), 1U);
    EXPECT_NE(complaints_[0].find(board), std::string::npos);
    EXPECT_NE(complaints_[0].find(network), std::string::npos);
  }
}

TEST_F(dvfo_scheme_test, falls_back_and_complains_once_when_a_sensor_tells_nonsense) {
  auto scheme = make();
  auto now = usual();
  now.bandwidth_bps = std::nan("");
  EXPECT_EQ(scheme.decide(now), fallback());
  EXPECT_EQ(scheme.decide(now), fallback());
  ASSERT_EQ(complaints_.size(), 1U);
  EXPECT_NE(complaints_[0].find("bandwidth"), std::string::npos);
  now = usual();
  now.eta = -0.1;
  EXPECT_EQ(scheme.decide(now), fallback());
  EXPECT_EQ(complaints_.size(), 2U);
  EXPECT_NE(scheme.decide(usual()).clocks.cpu_hz, std::nullopt);
  EXPECT_EQ(complaints_.size(), 2U) << "and goes on when the sensor is back";
}

TEST(policy_bundle, comes_back_as_it_was_saved) {
  const tests::temporary_folder folder;
  auto bundle = untrained();
  bundle.how = thinking::blocking;
  bundle.form = output_form::conditional;
  bundle.mean_regret = 0.02;
  bundle.tasks = 12;
  save(bundle, folder.path());
  const auto back = load_policy(folder.path());
  EXPECT_EQ(back.name, bundle.name);
  EXPECT_EQ(back.how, bundle.how);
  EXPECT_EQ(back.sizes, bundle.sizes);
  EXPECT_EQ(back.form, bundle.form);
  EXPECT_EQ(back.boards, bundle.boards);
  EXPECT_EQ(back.networks, bundle.networks);
  EXPECT_EQ(back.tasks, bundle.tasks);
  EXPECT_NEAR(back.mean_regret, bundle.mean_regret, 1e-12);
  EXPECT_EQ(back.network.shape(), bundle.network.shape());
  EXPECT_TRUE(std::equal(back.network.parameters().begin(), back.network.parameters().end(),
                         bundle.network.parameters().begin()));
}

/// Saves a bundle, changes one thing in its manifest, and expects that loading names it.
void expect_refused(const std::string& from, const std::string& to, const std::string& named) {
  const tests::temporary_folder folder;
  save(untrained(), folder.path());
  const auto file = folder.path() / "manifest.toml";
  std::ifstream in(file);
  std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  const auto place = text.find(from);
  ASSERT_NE(place, std::string::npos) << from << " is not in\n" << text;
  text.replace(place, from.size(), to);
  std::ofstream(file) << text;
  try {
    load_policy(folder.path());
    ADD_FAILURE() << to << " was accepted";
  } catch (const std::runtime_error& problem) {
    EXPECT_NE(std::string(problem.what()).find(named), std::string::npos) << problem.what();
  }
}

TEST(policy_bundle, refuses_another_action_grid_observation_or_format) {
  expect_refused("levels = [ 10, 10, 10, 5 ]", "levels = [ 12, 10, 10, 5 ]", "weights.bin");
  expect_refused("levels = [ 10, 10, 10, 5 ]", "levels = [ 10, 10, 10 ]", "levels");
  expect_refused("levels = [ 10, 10, 10, 5 ]", "levels = [ 10, 10, 10, 0 ]", "levels");
  expect_refused("observation_version = ", "observation_version = 9", "observation");
  expect_refused("format_version = 1", "format_version = 2", "format_version");
  expect_refused("outputs = 'conditional'", "outputs = 'duelling'", "duelling");
  expect_refused("thinking = 'concurrent'", "thinking = 'never'", "thinking");
  expect_refused("name = ", "name == ", "line");
}

TEST(policy_bundle, refuses_weights_of_another_training_and_folders_without) {
  const tests::temporary_folder folder;
  save(untrained(), folder.path());
  {
    std::fstream weights(folder.path() / "weights.bin", std::ios::in | std::ios::out | std::ios::binary);
    weights.seekp(100);
    weights.put('\x55');
  }
  EXPECT_THROW(load_policy(folder.path()), std::runtime_error);
  EXPECT_THROW(load_policy(folder.path() / "none"), std::runtime_error);
}

TEST(load_policy_for, finds_the_policy_that_was_trained_for_the_board_and_the_model) {
  const tests::temporary_folder bundles;
  auto usual = untrained();
  save(usual, bundles.path() / "policy");
  auto small = untrained();
  small.name = "small";
  small.networks = {"tiny"};
  save(small, bundles.path() / "policy-small");
  save(small, bundles.path() / "other");
  EXPECT_EQ(load_policy_for(bundles.path(), "jetson-tx2", "resnet-like").name, "untrained");
  EXPECT_EQ(load_policy_for(bundles.path(), "jetson-tx2", "tiny").name, "small");
  EXPECT_EQ(load_policy_for(bundles.path(), "jetson-nano", "tiny").name, "untrained") << "it says so itself";
  EXPECT_TRUE(is_trained_for(small, "jetson-tx2", "tiny"));
  EXPECT_FALSE(is_trained_for(small, "jetson-tx2", "resnet-like"));
}

// One broken folder among the policies ended every run that needed another one.
TEST(load_policy_for, passes_over_what_cannot_be_used_and_says_so) {
  const tests::temporary_folder bundles;
  save(untrained(), bundles.path() / "policy");
  auto small = untrained();
  small.networks = {"tiny"};
  save(small, bundles.path() / "policy-small");
  tests::write_file(bundles.path() / "policy-broken" / "manifest.toml", "name = ");
  std::filesystem::create_symlink("policy-loop", bundles.path() / "policy-loop");
  std::vector<std::string> told;
  const auto found =
      load_policy_for(bundles.path(), "jetson-tx2", "tiny", [&](const std::string& what) { told.push_back(what); });
  EXPECT_EQ(found.networks, small.networks);
  ASSERT_EQ(told.size(), 2U);
  EXPECT_NE(told[0].find("policy-loop"), std::string::npos) << told[0];
  EXPECT_NE(told[1].find("policy-broken"), std::string::npos) << told[1];
}

// --output named a folder with a weights.bin of another program, and it was gone.
TEST(policy_bundle, takes_the_place_of_another_policy_alone) {
  const tests::temporary_folder folder;
  tests::write_file(folder.path() / "weights.bin", "of a detector");
  EXPECT_THROW(check_place(folder.path()), std::runtime_error);
  EXPECT_THROW(save(untrained(), folder.path()), std::runtime_error);
  EXPECT_EQ(tests::read_file(folder.path() / "weights.bin"), "of a detector");
  std::filesystem::remove(folder.path() / "weights.bin");
  save(untrained(), folder.path());
  auto second = untrained();
  second.name = "second";
  save(second, folder.path());
  EXPECT_EQ(load_policy(folder.path()).name, "second");
}

}  // namespace
}  // namespace dvfo::policy
