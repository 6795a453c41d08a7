#include "link/estimator.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace dvfo::link {
namespace {

TEST(estimator, knows_nothing_at_first) {
  const estimator link;
  EXPECT_FALSE(link.bandwidth_bps());
  EXPECT_FALSE(link.rtt_seconds());
}

TEST(estimator, tells_round_trip_from_bandwidth) {
  estimator link;
  for (int i = 0; i < 40; ++i) {
    link.observe(100, 0.004 + 8.0 * 100 / 5e6, 0.0);
    link.observe(1000, 0.004 + 8.0 * 1000 / 5e6, 0.0);
  }
  EXPECT_NEAR(*link.rtt_seconds(), 0.004, 0.0002);
  EXPECT_NEAR(*link.bandwidth_bps(), 5e6, 0.6e6);
}

TEST(estimator, follows_a_jump_within_eight_transfers) {
  estimator link;
  for (int i = 0; i < 20; ++i) link.observe(100, 0.002, 0.0);
  for (int i = 0; i < 20; ++i) link.observe(100'000, 0.002 + 8.0 * 100'000 / 20e6, 0.0);
  EXPECT_NEAR(*link.bandwidth_bps(), 20e6, 0.1e6);
  for (int i = 0; i < 8; ++i) link.observe(100'000, 0.002 + 8.0 * 100'000 / 2e6, 0.0);
  EXPECT_NEAR(*link.bandwidth_bps(), 2e6, 0.2e6);
}

TEST(estimator, a_transfer_faster_than_the_round_trip_shortens_it_and_says_nothing_of_the_rate) {
  estimator link;
  link.observe(100, 0.1, 0.0);
  link.observe(10'000, 0.02, 0.0);
  EXPECT_NEAR(*link.rtt_seconds(), 0.02, 1e-12);
  EXPECT_FALSE(link.bandwidth_bps());
}

// Regression: under a steady stream of offloads of one length the round trip fell to half, and the rest was taken for
// a link forty times slower than it is.
TEST(estimator, holds_on_a_long_fast_link_with_jitter) {
  estimator link;
  std::uint64_t state = 12345;
  const auto jitter = [&] {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return 0.0005 * static_cast<double>(state >> 40) / static_cast<double>(1ULL << 24);
  };
  for (int i = 0; i < 200; ++i) {
    if (i % 20 == 0) link.observe(100, 0.020 + jitter(), 0.0);
    link.observe(15'300, 0.020 + 8.0 * 15'300 / 50e6 + jitter(), 0.0);
  }
  EXPECT_NEAR(*link.rtt_seconds(), 0.0202, 0.0005);
  EXPECT_GT(*link.bandwidth_bps(), 35e6);
  EXPECT_LT(*link.bandwidth_bps(), 70e6);
}

TEST(estimator, ignores_what_no_link_can_do) {
  estimator link;
  link.observe(0, 1.0, 0.0);
  link.observe(1000, 0.0, 0.0);
  link.observe(1000, -1.0, 0.0);
  link.observe(1000, std::numeric_limits<double>::infinity(), 0.0);
  EXPECT_FALSE(link.bandwidth_bps());
  EXPECT_FALSE(link.rtt_seconds());
}

TEST(estimator, takes_the_last_sample_for_the_truth_where_it_is_told_to) {
  estimator link(1.0);
  link.observe(100, 0.002, 0.0);
  link.observe(100'000, 0.002 + 8.0 * 100'000 / 20e6, 0.0);
  link.observe(100'000, 0.002 + 8.0 * 100'000 / 2e6, 0.0);
  EXPECT_NEAR(*link.bandwidth_bps(), 2e6, 1.0);
}

// Regression: half a minute without a transfer, and the probe after it moved the estimate by less than a third.
TEST(estimator, believes_a_new_sample_the_more_the_older_the_last_one_is) {
  const auto after = [](double seconds) {
    estimator link;
    link.observe(100, 0.002, 0.0);
    link.observe(100'000, 0.002 + 8.0 * 100'000 / 20e6, 0.0);
    link.observe(100'000, 0.002 + 8.0 * 100'000 / 2e6, seconds);
    return *link.bandwidth_bps();
  };
  EXPECT_NEAR(after(0.0), 1.0 / (0.7 / 20e6 + 0.3 / 2e6), 1e3);
  EXPECT_GT(after(1.0), after(10.0));
  EXPECT_NEAR(after(30.0), 2e6, 0.15e6);
  EXPECT_NEAR(after(-5.0), after(0.0), 1.0) << "a clock that went back is no reason to doubt";
}

}  // namespace
}  // namespace dvfo::link
