#include "policy/schemes/warm_up.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <vector>

#include "policy/schemes/scheme_table.hpp"
#include "policy/task_cost/network_task.hpp"

namespace dvfo::policy {
namespace {

namespace sim = device::simulated;

/// Notes what is done with it.
class watched final : public scheme {
 public:
  explicit watched(bool learns) : learns_(learns) {}
  decision decide(const situation&) override {
    decided_exploring.push_back(explores);
    return {};
  }
  void observe(const outcome&) override { ++observed; }
  [[nodiscard]] bool learns() const override { return learns_; }
  void explore(bool on) override { explores = on; }

  std::vector<bool> decided_exploring;
  int observed = 0;
  bool explores = true;

 private:
  bool learns_;
};

class warm_up_test : public ::testing::Test {
 protected:
  sim::physics board_ = sim::physics::of_board("jetson-tx2");
  task_physics physics_{board_, task_of_network("resnet18", 2.0)};
  link::trace link_ = link::trace::constant(5e6);
  world world_{physics_, link_, {.when = {.how = arrivals::kind::on_demand, .mean_seconds = 0.0}}};
};

TEST_F(warm_up_test, a_scheme_that_learns_explores_meanwhile_and_no_more_afterwards) {
  watched scheme(true);
  scheme.explores = false;
  EXPECT_TRUE(warm_up(scheme, world_, 3));
  EXPECT_EQ(scheme.decided_exploring, (std::vector{true, true, true}));
  EXPECT_EQ(scheme.observed, 3);
  EXPECT_FALSE(scheme.explores);
}

// With --learn-tasks 0 the warm-up was passed over, and with it the end of exploring: a live node then tried clocks and
// shares at random on its users' tasks.
TEST_F(warm_up_test, without_tasks_it_never_explores) {
  watched scheme(true);
  EXPECT_TRUE(warm_up(scheme, world_, 0));
  EXPECT_FALSE(scheme.explores);
}

TEST_F(warm_up_test, any_other_scheme_is_left_alone) {
  watched scheme(false);
  EXPECT_FALSE(warm_up(scheme, world_, 3));
  EXPECT_FALSE(warm_up(scheme, [] { throw std::logic_error("asked to live"); }));
  EXPECT_TRUE(scheme.decided_exploring.empty());
}

TEST_F(warm_up_test, the_table_says_of_every_scheme_whether_it_learns) {
  for (const auto& entry : scheme_table("jetson-tx2")) {
    if (entry.learns == learning::before) continue;  // needs a policy; it learns no more
    const auto made =
        entry.make({.physics = &physics_, .world = [&]() -> const world& { return world_; }, .discriminator = {}});
    EXPECT_EQ(made->learns(), entry.learns == learning::on_tasks) << entry.name;
  }
}

}  // namespace
}  // namespace dvfo::policy
