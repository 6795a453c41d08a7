#include "device/energy_counter.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/device/sensor_support.hpp"

namespace dvfo::tests {
namespace {

using device::energy_counter;
using testing::HasSubstr;

constexpr std::int64_t joule = 1'000'000;
constexpr std::int64_t range = 262'143'328'850;

TEST(energy_counter, counts_and_wraps) {
  energy_counter counter(range, 300.0);
  EXPECT_TRUE(counter.count(at(0.0), range - 10 * joule));
  EXPECT_EQ(counter.watts(), std::nullopt);
  EXPECT_TRUE(counter.count(at(1.0), 15 * joule));
  EXPECT_EQ(counter.joules(), 25.0);
  EXPECT_EQ(counter.watts(), 25.0);
  EXPECT_TRUE(counter.count(at(1.0005), 15 * joule));
  EXPECT_EQ(counter.watts(), 25.0) << "not 0: it counts by the millisecond";
}

// After a suspend the package had risen by 3,600 J within a second of the steady clock, which was shown as 3.5 kW: the
// bound held for falls only.
TEST(energy_counter, takes_a_leap_for_an_unknown_stretch) {
  energy_counter counter(range, 300.0);
  counter.count(at(0.0), 0);
  counter.count(at(1.0), 20 * joule);
  EXPECT_FALSE(counter.count(at(2.0), 3'620 * joule));
  EXPECT_EQ(counter.joules(), 20.0);
  EXPECT_EQ(counter.watts(), std::nullopt);
  EXPECT_EQ(counter.breaks(), 1U);
  EXPECT_THAT(counter.reason(), HasSubstr("rose by 3600.0 J in 1.000 s: more than 300 W"));
  EXPECT_TRUE(counter.count(at(3.0), 3'650 * joule));
  EXPECT_EQ(counter.joules(), 50.0) << "and goes on from there";
  EXPECT_EQ(counter.watts(), 30.0);
}

// One garbled reading cost 200 kJ for good: up by them, and down again as a wrap-around.
TEST(energy_counter, loses_two_stretches_by_one_garbled_reading_and_no_more) {
  energy_counter counter(range, 300.0);
  counter.count(at(0.0), 100 * joule);
  EXPECT_FALSE(counter.count(at(1.0), 200'000 * joule));
  EXPECT_FALSE(counter.count(at(2.0), 140 * joule));
  EXPECT_THAT(counter.reason(), HasSubstr("fell from 200000000000 to 140000000"));
  EXPECT_TRUE(counter.count(at(3.0), 160 * joule));
  EXPECT_EQ(counter.joules(), 20.0);
  EXPECT_EQ(counter.watts(), 20.0);
  EXPECT_EQ(counter.breaks(), 2U);
}

TEST(energy_counter, takes_a_reset_for_an_unknown_stretch_also_without_a_known_range) {
  for (const std::int64_t known : {range, std::int64_t{0}}) {
    energy_counter counter(known, 300.0);
    counter.count(at(0.0), 5'000 * joule);
    EXPECT_FALSE(counter.count(at(1.0), 2 * joule));
    EXPECT_EQ(counter.joules(), 0.0);
  }
}

TEST(energy_counter, bounds_power_not_energy_over_long_gaps) {
  energy_counter counter(range, 300.0);
  counter.count(at(0.0), 0);
  EXPECT_TRUE(counter.count(at(600.0), 60'000 * joule));
  EXPECT_EQ(counter.watts(), 100.0);
}

// A thread that is held up between looking at the clock and reading the file reads more than its stretch: that energy
// flowed all the same.
TEST(energy_counter, counts_what_was_read_late_but_shows_no_power_of_it) {
  energy_counter counter(range, 300.0);
  counter.count(at(0.0), 0);
  EXPECT_TRUE(counter.count(at(0.02), 25 * joule));
  EXPECT_EQ(counter.joules(), 25.0);
  EXPECT_EQ(counter.watts(), std::nullopt) << "1250 W is no power of this machine";
}

}  // namespace
}  // namespace dvfo::tests
