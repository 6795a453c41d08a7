#include "policy/agent/action_grid.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <stdexcept>

#include "tests/policy/environment/fixtures.hpp"

namespace dvfo::policy {
namespace {

namespace sim = device::simulated;

class action_grid_test : public ::testing::TestWithParam<const char*> {
 protected:
  sim::physics board_ = sim::physics::of_board(GetParam());
};

TEST_P(action_grid_test, every_allowed_level_is_an_operating_point_and_both_ends_are_there) {
  for (const int count : {2, 10, 16, 100}) {
    const action_grid grid(board_, resnet_like(), {count, count, count, 5});
    for (const auto which : device::all_knobs) {
      const auto knob = static_cast<std::size_t>(which);
      const auto& points = board_.points(which);
      std::set<double> seen;
      double last = 0.0;
      for (int level = 0; level < count; ++level) {
        if (grid.mask()[knob][static_cast<std::size_t>(level)] == 0) continue;
        levels at{};
        at[share_knob] = 4;
        for (std::size_t other = 0; other < share_knob; ++other) at[other] = other == knob ? level : 0;
        const double hz = *grid.to_decision(at).clocks[which];
        EXPECT_GT(hz, last) << "levels ascend";
        last = hz;
        seen.insert(hz);
      }
      EXPECT_EQ(seen.size(), std::min(points.size(), static_cast<std::size_t>(count)));
      EXPECT_EQ(*seen.begin(), points.front());
      EXPECT_EQ(*seen.rbegin(), points.back());
      for (const double hz : seen) EXPECT_TRUE(std::find(points.begin(), points.end(), hz) != points.end()) << hz;
    }
  }
}

TEST_P(action_grid_test, shares_are_those_of_the_model) {
  const action_grid grid(board_, resnet_like(), {10, 10, 10, 5});
  for (int level = 0; level < 5; ++level) EXPECT_EQ(grid.to_decision({0, 0, 0, level}).share, 0.25 * level);
}

TEST_P(action_grid_test, ranks_go_from_0_to_1) {
  const action_grid grid(board_, resnet_like(), {10, 10, 10, 5});
  const auto low = board_.lowest();
  const auto ranks = grid.to_ranks({low.cpu_hz, low.gpu_hz, {}}, 0.25);
  EXPECT_EQ(ranks[0], 0.0F);
  EXPECT_EQ(ranks[1], 0.0F);
  EXPECT_EQ(ranks[2], 1.0F) << "a clock that is not known runs at its highest";
  EXPECT_EQ(ranks[3], 0.25F);
}

TEST_P(action_grid_test, refuses_a_knob_that_cannot_be_turned) {
  EXPECT_THROW(action_grid(board_, resnet_like(), {10, 1, 10, 5}), std::invalid_argument);
}

INSTANTIATE_TEST_SUITE_P(boards, action_grid_test, ::testing::Values("jetson-nano", "jetson-tx2", "jetson-xavier-nx"),
                         [](const auto& board) {
                           std::string name = board.param;
                           std::erase(name, '-');
                           return name;
                         });

}  // namespace
}  // namespace dvfo::policy
