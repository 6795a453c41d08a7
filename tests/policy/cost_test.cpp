#include "policy/cost.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <stdexcept>

namespace dvfo::policy {
namespace {

// DVFO Eq. 4 as printed, not as the sentence after it says: eta = 1 is energy only.
TEST(task_cost, weighs_energy_against_latency) {
  EXPECT_DOUBLE_EQ(task_cost(1.0, 0.3, 0.02, 15.0), 0.3);
  EXPECT_DOUBLE_EQ(task_cost(0.0, 0.3, 0.02, 15.0), 0.3);
  EXPECT_DOUBLE_EQ(task_cost(0.25, 0.1, 0.02, 10.0), 0.25 * 0.1 + 0.75 * 10.0 * 0.02);
}

TEST(task_cost, refuses_what_cannot_be) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW(task_cost(1.1, 0.1, 0.1, 10.0), std::invalid_argument);
  EXPECT_THROW(task_cost(-0.1, 0.1, 0.1, 10.0), std::invalid_argument);
  EXPECT_THROW(task_cost(nan, 0.1, 0.1, 10.0), std::invalid_argument);
  EXPECT_THROW(task_cost(0.5, nan, 0.1, 10.0), std::invalid_argument);
  EXPECT_THROW(task_cost(0.5, 0.1, -0.1, 10.0), std::invalid_argument);
  EXPECT_THROW(task_cost(0.5, 0.1, 0.1, std::numeric_limits<double>::infinity()), std::invalid_argument);
}

}  // namespace
}  // namespace dvfo::policy
