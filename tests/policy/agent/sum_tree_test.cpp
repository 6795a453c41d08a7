#include "policy/agent/sum_tree.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <numeric>
#include <stdexcept>

#include "policy/agent/random.hpp"

namespace dvfo::policy {
namespace {

/// What the tree must agree with: the place in which a running sum first exceeds the mass.
std::size_t naive_find(const std::vector<double>& weights, double mass) {
  double sum = 0.0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    sum += weights[i];
    if (mass < sum) return i;
  }
  return weights.size();
}

TEST(sum_tree, finds_what_a_running_sum_finds) {
  random_source random(7);
  for (const std::size_t places : {1U, 2U, 3U, 17U, 64U, 100U}) {
    sum_tree tree(places);
    std::vector<double> weights(places, 0.0);
    for (int round = 0; round < 2000; ++round) {
      const auto place = static_cast<std::size_t>(random.below(static_cast<int>(places)));
      // Whole numbers add up without rounding, so the two must agree exactly.
      weights[place] = random.below(6);
      tree.set(place, weights[place]);
      const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
      ASSERT_EQ(tree.total(), total);
      if (total == 0.0) continue;
      const double mass = random.uniform() * total;
      ASSERT_EQ(tree.find(mass), naive_find(weights, mass)) << places << " places, mass " << mass;
    }
  }
}

TEST(sum_tree, never_finds_a_place_without_weight) {
  sum_tree tree(5);
  tree.set(1, 0.1);
  tree.set(2, 0.7);
  for (const double mass : {0.0, 0.05, 0.8, 0.8 + 1e-12, 5.0}) EXPECT_GT(tree[tree.find(mass)], 0.0) << mass;
}

TEST(sum_tree, refuses_what_is_no_weight) {
  EXPECT_THROW(sum_tree(0), std::invalid_argument);
  sum_tree tree(3);
  EXPECT_THROW(tree.set(3, 1.0), std::invalid_argument);
  EXPECT_THROW(tree.set(0, -1.0), std::invalid_argument);
  EXPECT_THROW(tree.set(0, std::numeric_limits<double>::quiet_NaN()), std::invalid_argument);
}

}  // namespace
}  // namespace dvfo::policy
