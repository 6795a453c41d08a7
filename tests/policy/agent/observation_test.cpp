#include "policy/agent/observation.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "tests/policy/environment/fixtures.hpp"

namespace dvfo::policy {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

class observation_test : public ::testing::Test {
 protected:
  std::vector<float> see(const situation& now) const {
    std::vector<float> out(static_cast<std::size_t>(observer::size()), nanf(""));
    observer_.write(now, out);
    return out;
  }
  static situation usual() {
    situation now;
    now.bandwidth_bps = 5e6;
    now.rtt_seconds = 0.004;
    now.link_up = true;
    return now;
  }

  device::simulated::physics board_ = device::simulated::physics::of_board("jetson-tx2");
  task_physics physics_{board_, resnet_like()};
  action_grid grid_{board_, physics_.model(), {10, 10, 10, 5}};
  observer observer_{physics_, grid_, 15.0};
};

TEST_F(observation_test, every_feature_is_written_and_of_modest_size) {
  for (const double bps : {1.0, 2e5, 5e6, 1e8, 1e12}) {
    auto now = usual();
    now.bandwidth_bps = bps;
    const auto seen = see(now);
    ASSERT_EQ(seen.size(), observer::names().size());
    for (std::size_t i = 0; i < seen.size(); ++i) {
      EXPECT_TRUE(std::isfinite(seen[i])) << observer::names()[i];
      EXPECT_LT(std::abs(seen[i]), 10.0F) << observer::names()[i] << " at " << bps << " bit/s";
    }
  }
}

TEST_F(observation_test, the_vector_to_go_is_what_the_clocks_have_not_reached_yet) {
  const auto names = observer::names();
  const auto place = static_cast<std::size_t>(std::find(names.begin(), names.end(), "to_go_gpu") - names.begin());
  auto now = usual();
  const auto high = board_.highest();
  const auto low = board_.lowest();
  now.previous.clocks = {high.cpu_hz, low.gpu_hz, high.memory_hz};
  now.in_force = {high.cpu_hz, high.gpu_hz, high.memory_hz};
  EXPECT_EQ(see(now)[place], -1.0F);
  now.in_force = now.previous.clocks;
  EXPECT_EQ(see(now)[place], 0.0F);
}

TEST_F(observation_test, an_unknown_link_is_a_slow_one_that_says_so) {
  auto now = usual();
  now.bandwidth_bps.reset();
  const auto names = observer::names();
  const auto place = static_cast<std::size_t>(std::find(names.begin(), names.end(), "link_known") - names.begin());
  EXPECT_EQ(see(now)[place], 0.0F);
  EXPECT_EQ(see(usual())[place], 1.0F);
}

TEST_F(observation_test, refuses_what_no_sensor_can_mean_and_names_it) {
  const auto refused = [&](const char* what, auto change) {
    auto now = usual();
    change(now);
    try {
      see(now);
      ADD_FAILURE() << what << " was accepted";
    } catch (const std::invalid_argument& problem) {
      EXPECT_NE(std::string(problem.what()).find(what), std::string::npos) << problem.what();
      EXPECT_NE(std::string(problem.what()).find("expected"), std::string::npos) << problem.what();
    }
  };
  refused("eta", [](auto& now) { now.eta = 1.2; });
  refused("eta", [](auto& now) { now.eta = nan; });
  refused("lambda", [](auto& now) { now.lambda = -0.1; });
  refused("bandwidth_bps", [](auto& now) { now.bandwidth_bps = -5e6; });
  refused("bandwidth_bps", [](auto& now) { now.bandwidth_bps = nan; });
  refused("rtt_seconds", [](auto& now) { now.rtt_seconds = -1.0; });
  refused("celsius", [](auto& now) { now.celsius = nan; });
  refused("importance", [](auto& now) { now.importance = {0.5F, std::nanf("")}; });
  refused("gpu", [](auto& now) { now.in_force.gpu_hz = -1.0; });
  refused("cpu", [](auto& now) { now.previous.clocks.cpu_hz = nan; });
  refused("share", [](auto& now) { now.previous.share = 2.0; });
  refused("waiting_tasks", [](auto& now) { now.waiting_tasks = nan; });
}

TEST_F(observation_test, the_reference_is_within_reach_of_plain_decisions) {
  const link_conditions link{.bandwidth_bps = 5e6, .rtt_seconds = 0.004};
  for (const double eta : {0.0, 0.5, 1.0}) {
    const auto edge = physics_.predict(board_.highest(), 45.0, 0, link);
    EXPECT_LE(observer_.reference_cost(eta, link, 45.0), eta * edge.eti_joules + (1.0 - eta) * 15.0 * edge.tti_seconds);
  }
}

}  // namespace
}  // namespace dvfo::policy
