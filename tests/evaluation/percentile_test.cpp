#include "evaluation/percentile.hpp"

#include <gtest/gtest.h>

namespace dvfo::evaluation {
namespace {

TEST(percentile, is_the_nearest_rank) {
  EXPECT_EQ(percentile({}, 0.5), 0.0);
  EXPECT_EQ(percentile({7.0}, 0.99), 7.0);
  EXPECT_EQ(percentile({4.0, 1.0, 3.0, 2.0}, 0.5), 2.0);
  EXPECT_EQ(percentile({4.0, 1.0, 3.0, 2.0}, 0.51), 3.0);
  EXPECT_EQ(percentile({4.0, 1.0, 3.0, 2.0}, 1.0), 4.0);
  EXPECT_EQ(percentile({4.0, 1.0, 3.0, 2.0}, 0.0), 1.0);
}

}  // namespace
}  // namespace dvfo::evaluation
