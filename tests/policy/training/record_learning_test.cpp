#include "policy/training/record_learning.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>

#include "policy/environment/world.hpp"
#include "policy/schemes/dvfo_scheme.hpp"
#include "tests/policy/environment/fixtures.hpp"

namespace dvfo::policy {
namespace {

class record_learning_test : public ::testing::Test {
 protected:
  record_learning_test() {
    bundle_.name = "untrained";
    bundle_.sizes = sizes_;
    bundle_.boards = {"jetson-tx2"};
    bundle_.networks = {"resnet-like"};
    bundle_.network =
        q_network({.inputs = observer::size(), .outputs = action_space(sizes_, bundle_.form).outputs()}, 11);
    where_ = {.board = "jetson-tx2",
              .network = "resnet-like",
              .max_power_watts = 15.0,
              .physics = &physics_,
              .grid = &grid_,
              .sees = &sees_};
  }

  /// What a node with this policy would have recorded.
  std::vector<experience> live(int count) {
    const auto link = link::trace::constant(5e6);
    world here(physics_, link, {.when = {.how = arrivals::kind::steady, .mean_seconds = 0.1}});
    dvfo_scheme scheme(
        bundle_, {.board = "jetson-tx2", .network = "resnet-like", .physics = &physics_, .max_power_watts = 15.0}, {});
    std::vector<experience> tasks;
    for (int i = 0; i < count; ++i) {
      here.next_arrival();
      experience task;
      task.seen = here.sense();
      task.decided = scheme.decide(task.seen);
      const auto cost = here.run(task.decided);
      task.tti_seconds = cost.tti;
      task.joules = cost.eti_estimated_joules;
      tasks.push_back(std::move(task));
    }
    return tasks;
  }

  levels sizes_{10, 10, 10, 5};
  device::simulated::physics board_ = device::simulated::physics::of_board("jetson-tx2");
  task_physics physics_{board_, resnet_like()};
  action_grid grid_{board_, physics_.model(), sizes_};
  observer sees_{physics_, grid_, 15.0};
  policy_bundle bundle_;
  training_scenario where_;
  record_options options_{.steps = 300, .learning_rate = 1e-3, .minibatch = 32};
};

TEST_F(record_learning_test, the_network_comes_to_expect_what_really_happened) {
  const auto tasks = live(200);
  const auto before = bundle_.network;
  const auto report = learn_from_record(bundle_, where_, tasks, options_);
  EXPECT_EQ(report.used, 200U);
  EXPECT_EQ(report.passed_over, 0U);
  EXPECT_LT(report.td_error_after, 0.5 * report.td_error_before);
  EXPECT_EQ(bundle_.steps, 300);
  EXPECT_FALSE(
      std::equal(before.parameters().begin(), before.parameters().end(), bundle_.network.parameters().begin()));
}

TEST_F(record_learning_test, what_teaches_nothing_is_passed_over) {
  auto tasks = live(40);
  tasks[3].degraded = degraded_reason::cloud_late;
  tasks[5].joules.reset();
  tasks[7].seen.celsius = std::numeric_limits<double>::quiet_NaN();
  tasks[9].decided.sends = sending::compressed;
  tasks[11].decided.share = 0.3;
  tasks[13].decided.clocks.gpu_hz = 1.0;
  const auto report = learn_from_record(bundle_, where_, tasks, options_);
  EXPECT_EQ(report.used, 34U);
  EXPECT_EQ(report.passed_over, 6U);
}

TEST_F(record_learning_test, too_few_tasks_and_other_boards_are_refused) {
  EXPECT_THROW(learn_from_record(bundle_, where_, live(31), options_), std::invalid_argument);
  where_.board = "jetson-nano";
  EXPECT_THROW(learn_from_record(bundle_, where_, live(40), options_), std::invalid_argument);
}

}  // namespace
}  // namespace dvfo::policy
