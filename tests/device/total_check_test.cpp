#include "device/total_check.hpp"

#include <gtest/gtest.h>

#include "tests/device/sensor_support.hpp"

namespace dvfo::tests {
namespace {

using device::total_check;
using verdict = device::total_check::verdict;

// psys of 1 W beside a package of 40 W was "the whole board", since it moved at all.
TEST(total_check, refutes_a_gross_lack_soon) {
  total_check check(0.5);
  EXPECT_EQ(check.on_joules(at(0.0), 7.0, 100.0), verdict::plausible) << "nothing to compare yet";
  EXPECT_EQ(check.on_joules(at(0.2), 7.2, 108.0), verdict::doubtful);
  EXPECT_EQ(check.on_joules(at(0.6), 7.6, 124.0), verdict::refuted);
  EXPECT_EQ(check.total_at_start(), 7.0);
  EXPECT_EQ(check.parts_at_start(), 100.0);
}

TEST(total_check, gives_a_counter_that_stands_still_two_seconds_to_begin) {
  total_check check(0.5);
  check.on_joules(at(0.0), 0.0, 0.0);
  EXPECT_EQ(check.on_joules(at(1.9), 0.0, 19.0), verdict::doubtful);
  EXPECT_EQ(check.on_joules(at(2.0), 0.0, 20.0), verdict::refuted);
}

TEST(total_check, refutes_a_slight_lack_after_two_whole_stretches) {
  total_check check(0.5);
  for (int i = 0; i < 10; ++i) EXPECT_NE(check.on_joules(at(i), 8.0 * i, 10.0 * i), verdict::refuted) << i;
  EXPECT_EQ(check.on_joules(at(10.0), 80.0, 100.0), verdict::refuted);
  EXPECT_EQ(check.total_at_start(), 0.0);
  total_check tolerant(0.5);
  for (int i = 0; i < 60; ++i) EXPECT_EQ(tolerant.on_joules(at(i), 9.1 * i, 10.0 * i), verdict::plausible) << i;
}

// An embedded controller that is asked once a second lags behind its parts by up to that.
TEST(total_check, bears_a_total_that_lags) {
  total_check check(0.5);
  for (int i = 0; i < 600; ++i) {
    const double now = 0.1 * i;
    const double seen = static_cast<double>(i / 10);  // of the second that has ended
    EXPECT_NE(check.on_joules(at(now), 12.0 * seen, 10.0 * now), verdict::refuted) << now;
    if (now > 11.0) {
      EXPECT_EQ(check.on_joules(at(now), 12.0 * seen, 10.0 * now), verdict::plausible) << now;
    }
  }
}

TEST(total_check, finds_out_one_that_was_right_for_long) {
  total_check check(0.5);
  for (int i = 0; i <= 40; ++i) check.on_joules(at(0.25 * i), 1.5 * i, 1.0 * i);
  EXPECT_EQ(check.on_joules(at(15.0), 60.1, 100.0), verdict::plausible) << "a load that the total does not show yet";
  EXPECT_EQ(check.on_joules(at(20.0), 60.2, 160.0), verdict::refuted);
  EXPECT_EQ(check.total_at_start(), 60.0);
  EXPECT_EQ(check.parts_at_start(), 40.0);
}

TEST(total_check, starts_anew_where_joules_were_lost) {
  total_check check(0.5);
  check.on_joules(at(0.0), 0.0, 0.0);
  check.restart();
  EXPECT_EQ(check.on_joules(at(3.0), 0.0, 300.0), verdict::plausible);
  EXPECT_EQ(check.on_joules(at(4.0), 12.0, 310.0), verdict::plausible);
}

// Channels of a chip are sampled one after another, and a load may step in between.
TEST(total_check, of_samples_bears_a_single_one) {
  total_check check(2.0);
  for (int i = 0; i < 300; ++i) {
    const bool is_between = i % 10 == 3;
    EXPECT_EQ(check.on_watts(at(0.1 * i), is_between ? 2.0 : 6.0, 5.0),
              is_between ? verdict::doubtful : verdict::plausible);
  }
  for (int i = 0; i < 50; ++i) EXPECT_EQ(check.on_watts(at(30.0 + 0.1 * i), 1.0, 5.0), verdict::doubtful) << i;
  bool is_refuted = false;
  for (int i = 0; i < 110; ++i) is_refuted |= check.on_watts(at(35.0 + 0.1 * i), 1.0, 5.0) == verdict::refuted;
  EXPECT_TRUE(is_refuted);
}

TEST(total_check, of_samples_holds_none_for_long) {
  total_check check(2.0);
  check.on_watts(at(0.0), 2.0, 5.0);  // skewed, and then nobody looks for ten minutes
  EXPECT_NE(check.on_watts(at(600.0), 6.0, 5.0), verdict::refuted);
  for (int i = 1; i < 10; ++i) EXPECT_NE(check.on_watts(at(600.0 + i), 6.0, 5.0), verdict::refuted);
}

}  // namespace
}  // namespace dvfo::tests
