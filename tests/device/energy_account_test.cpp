// Energy bookkeeping in virtual time: every expected value is worked out by hand.
#include "device/energy_account.hpp"

#include <gtest/gtest.h>

#include <random>

#include "tests/device/sensor_support.hpp"

namespace dvfo::tests {
namespace {

using device::energy_account;
constexpr auto no_value = std::nullopt;

TEST(energy_account, knows_nothing_before_the_first_reading) {
  energy_account account(1.0);
  EXPECT_FALSE(account.total_joules(at(0.0)));
  account.begin_task(1, at(0.0));
  EXPECT_FALSE(account.end_task(1, at(0.0)));
  account.begin_task(2, at(0.0));
  account.on_power(at(1.0), 10.0, no_value);
  EXPECT_EQ(account.total_joules(at(1.0)), 0.0);
  EXPECT_FALSE(account.end_task(2, at(2.0))) << "its first second went unmeasured";
}

TEST(energy_account, holds_the_newest_power) {
  energy_account account(1.0);
  account.on_power(at(0.0), 10.0, no_value);
  EXPECT_EQ(account.total_joules(at(0.5)), 5.0);
  account.on_power(at(1.0), 20.0, no_value);
  EXPECT_EQ(account.total_joules(at(1.0)), 10.0);
  EXPECT_EQ(account.total_joules(at(1.5)), 20.0);
  EXPECT_EQ(account.total_joules(at(1.25)), 15.0) << "looking ahead changes nothing";
}

TEST(energy_account, gives_a_single_task_all_of_its_window) {
  energy_account account(1.0);
  account.on_power(at(0.0), 10.0, no_value);
  account.begin_task(7, at(0.25));
  account.on_power(at(0.5), 30.0, no_value);
  EXPECT_EQ(account.end_task(7, at(1.0)), 17.5);
  EXPECT_FALSE(account.end_task(7, at(1.0))) << "it is over";
  EXPECT_EQ(account.idle_joules(at(1.0)), 2.5);
}

TEST(energy_account, divides_the_power_equally_among_the_tasks_in_flight) {
  energy_account account(10.0);
  account.on_power(at(0.0), 12.0, no_value);
  account.begin_task(1, at(0.0));
  account.begin_task(2, at(1.0));
  account.begin_task(3, at(2.0));
  EXPECT_EQ(account.end_task(1, at(3.0)), 12.0 + 6.0 + 4.0);
  EXPECT_EQ(account.end_task(3, at(4.0)), 4.0 + 6.0);
  EXPECT_EQ(account.end_task(2, at(5.0)), 6.0 + 4.0 + 6.0 + 12.0);
  EXPECT_EQ(account.total_joules(at(5.0)), 60.0);
  EXPECT_EQ(account.idle_joules(at(5.0)), 0.0);
}

TEST(energy_account, does_not_extrapolate_a_stale_reading) {
  energy_account account(0.5);
  account.on_power(at(0.0), 10.0, no_value);
  account.begin_task(1, at(0.0));
  EXPECT_EQ(account.total_joules(at(0.5)), 5.0) << "held to the limit";
  EXPECT_FALSE(account.total_joules(at(0.6)));
  EXPECT_FALSE(account.idle_joules(at(0.6)));
  account.begin_task(2, at(0.75));
  account.on_power(at(1.0), 20.0, no_value);
  EXPECT_EQ(account.unmeasured_seconds(), 0.5);
  EXPECT_EQ(account.total_joules(at(1.25)), 10.0) << "5 J before the gap, 5 J after it";
  account.begin_task(3, at(1.0));
  EXPECT_FALSE(account.end_task(1, at(1.3)));
  EXPECT_FALSE(account.end_task(2, at(1.3)));
  EXPECT_NEAR(*account.end_task(3, at(1.3)), 20.0 * 0.3 / 3.0, 1e-12) << "begun after the gap";
}

TEST(energy_account, lets_a_task_that_ended_within_the_hold_be) {
  energy_account account(0.5);
  account.on_power(at(0.0), 10.0, no_value);
  account.begin_task(1, at(0.0));
  EXPECT_EQ(account.end_task(1, at(0.5)), 5.0);
  account.begin_task(2, at(0.5));
  EXPECT_FALSE(account.end_task(2, at(0.75)));
}

TEST(energy_account, takes_a_failed_reading_for_none) {
  energy_account account(1.0);
  account.on_power(at(0.0), 10.0, no_value);
  account.begin_task(1, at(0.0));
  account.on_power(at(0.5), no_value, no_value);
  EXPECT_EQ(account.end_task(1, at(1.0)), 10.0) << "the newest power is held";
  account.on_power(at(1.5), no_value, no_value);
  EXPECT_FALSE(account.total_joules(at(1.5))) << "but it does not stay fresh by that";
}

TEST(energy_account, corrects_the_integral_by_a_counter) {
  energy_account account(2.0);
  account.on_power(at(0.0), 10.0, 100.0);
  account.begin_task(1, at(0.5));
  account.on_power(at(1.0), 30.0, 115.0);  // 15 J flowed where 10 J were held
  EXPECT_DOUBLE_EQ(*account.total_joules(at(1.0)), 15.0);
  EXPECT_DOUBLE_EQ(*account.idle_joules(at(1.0)), 7.5);
  EXPECT_DOUBLE_EQ(*account.end_task(1, at(1.0)), 7.5) << "the task has its share of the correction";
}

TEST(energy_account, corrects_overlapping_tasks_by_their_shares) {
  energy_account account(2.0);
  account.on_power(at(0.0), 8.0, 0.0);
  account.begin_task(1, at(0.0));
  account.begin_task(2, at(0.5));
  account.on_power(at(1.0), 8.0, 16.0);  // twice what was held
  EXPECT_DOUBLE_EQ(*account.end_task(1, at(1.0)), 2.0 * (4.0 + 2.0));
  EXPECT_DOUBLE_EQ(*account.end_task(2, at(1.0)), 2.0 * 2.0);
}

TEST(energy_account, leaves_a_task_that_has_ended_its_estimate) {
  energy_account account(2.0);
  account.on_power(at(0.0), 8.0, 0.0);
  account.begin_task(1, at(0.0));
  EXPECT_EQ(account.end_task(1, at(0.5)), 4.0);
  account.on_power(at(1.0), 8.0, 16.0);
  EXPECT_DOUBLE_EQ(*account.total_joules(at(1.0)), 16.0) << "the board's energy is the counter's";
  EXPECT_DOUBLE_EQ(*account.idle_joules(at(1.0)), 8.0);
}

TEST(energy_account, fills_a_blind_stretch_by_the_counter) {
  energy_account account(0.1);
  account.on_power(at(0.0), no_value, 50.0);  // a first reading of RAPL has no watts
  account.begin_task(1, at(0.0));
  account.begin_task(2, at(1.0));
  account.on_power(at(2.0), 6.0, 62.0);
  EXPECT_EQ(account.unmeasured_seconds(), 0.0);
  EXPECT_EQ(account.total_joules(at(2.0)), 12.0);
  EXPECT_DOUBLE_EQ(*account.end_task(1, at(2.0)), 6.0 + 3.0);
  EXPECT_DOUBLE_EQ(*account.end_task(2, at(2.0)), 3.0);

  account.begin_task(3, at(2.0));
  account.on_power(at(5.0), 6.0, 92.0);  // stale since 2.1, but 30 J are known to have flowed
  EXPECT_DOUBLE_EQ(*account.end_task(3, at(5.0)), 30.0);
}

TEST(energy_account, does_not_heal_what_was_blind_before_the_counter) {
  energy_account account(0.5);
  account.on_power(at(0.0), 10.0, no_value);
  account.begin_task(1, at(0.0));
  account.on_power(at(2.0), 10.0, 7.0);
  account.on_power(at(2.5), 10.0, 12.0);
  EXPECT_FALSE(account.end_task(1, at(2.5)));
  EXPECT_EQ(account.unmeasured_seconds(), 1.5);
}

TEST(energy_account, corrects_over_readings_without_a_counter) {
  energy_account account(2.0);
  account.on_power(at(0.0), 10.0, 0.0);
  account.begin_task(1, at(1.0));
  account.on_power(at(1.0), 20.0, no_value);
  account.on_power(at(2.0), 20.0, 15.0);  // half of the 30 J that were held
  EXPECT_DOUBLE_EQ(*account.total_joules(at(2.0)), 15.0);
  EXPECT_DOUBLE_EQ(*account.end_task(1, at(2.0)), 10.0);
}

TEST(energy_account, takes_a_counter_that_fell_for_a_new_one) {
  energy_account account(2.0);
  account.on_power(at(0.0), 10.0, 500.0);
  account.on_power(at(1.0), 10.0, 3.0);
  EXPECT_DOUBLE_EQ(*account.total_joules(at(1.0)), 10.0);
  account.on_power(at(2.0), 10.0, 15.0);
  EXPECT_DOUBLE_EQ(*account.total_joules(at(2.0)), 22.0);
}

// A leap of the counter was energy of whoever was in flight: 200 kJ for good.
TEST(energy_account, takes_a_leap_of_the_counter_for_an_unknown_stretch) {
  energy_account account(2.0, 100.0);
  account.on_power(at(0.0), 10.0, 0.0);
  account.begin_task(1, at(0.0));
  account.on_power(at(1.0), 10.0, 12.0);
  account.begin_task(2, at(1.5));
  account.on_power(at(2.0), 10.0, 200'012.0);
  EXPECT_DOUBLE_EQ(*account.total_joules(at(2.0)), 12.0) << "not even what was held over it";
  EXPECT_DOUBLE_EQ(account.unmeasured_seconds(), 1.0);
  account.begin_task(3, at(2.0));
  account.on_power(at(3.0), 10.0, 200'021.0);
  EXPECT_DOUBLE_EQ(*account.total_joules(at(3.0)), 21.0);
  EXPECT_FALSE(account.end_task(1, at(3.0))) << "a part of it is not known";
  EXPECT_FALSE(account.end_task(2, at(3.0)));
  EXPECT_DOUBLE_EQ(*account.end_task(3, at(3.0)), 3.0) << "begun after it: a third of 9 J";
  EXPECT_DOUBLE_EQ(account.unmeasured_seconds(), 1.0);
}

// What a meter knows of a leap it says by another instant that it counts from; the joules then begin anew.
TEST(energy_account, takes_a_counter_that_began_anew_for_an_unknown_stretch) {
  energy_account account(2.0);
  account.on_power(at(0.0), no_value, 0.0, at(0.0));
  account.on_power(at(1.0), 10.0, 10.0, at(0.0));
  account.begin_task(1, at(1.0));
  account.on_power(at(2.0), no_value, no_value, at(2.0));
  account.begin_task(2, at(2.0));
  account.on_power(at(3.0), 8.0, 8.0, at(2.0));
  EXPECT_DOUBLE_EQ(*account.total_joules(at(3.0)), 18.0);
  EXPECT_DOUBLE_EQ(account.unmeasured_seconds(), 1.0);
  EXPECT_FALSE(account.end_task(1, at(3.0)));
  EXPECT_DOUBLE_EQ(*account.end_task(2, at(3.0)), 4.0);
}

TEST(energy_account, takes_a_new_counter_also_if_its_first_reading_was_not_heard) {
  energy_account account(2.0);
  account.on_power(at(0.0), no_value, 0.0, at(0.0));
  account.on_power(at(1.0), 10.0, 10.0, at(0.0));
  account.on_power(at(3.0), 9.0, 500.0, at(2.0));
  EXPECT_DOUBLE_EQ(*account.total_joules(at(3.0)), 10.0);
  EXPECT_DOUBLE_EQ(account.unmeasured_seconds(), 2.0);
  account.on_power(at(4.0), 9.0, 509.0, at(2.0));
  EXPECT_DOUBLE_EQ(*account.total_joules(at(4.0)), 19.0);
}

TEST(energy_account, takes_more_than_the_highest_power_for_no_reading) {
  energy_account account(2.0, 100.0);
  account.on_power(at(0.0), 10.0, no_value);
  account.on_power(at(1.0), 3'500.0, no_value);
  EXPECT_DOUBLE_EQ(*account.total_joules(at(2.0)), 20.0) << "the newest that was one is held";
}

TEST(energy_account, bears_events_that_arrive_late) {
  energy_account account(2.0);
  account.on_power(at(1.0), 10.0, no_value);
  account.begin_task(1, at(0.5));  // from another thread, before the reading
  EXPECT_EQ(account.end_task(1, at(2.0)), 10.0) << "counted from the newest event on";
  account.begin_task(2, at(2.0));
  EXPECT_EQ(account.end_task(2, at(1.5)), 0.0);
}

/// Any mixture of events: what tasks got and what was idle is what the board used.
TEST(energy_account, conserves_energy) {
  for (unsigned seed = 1; seed <= 50; ++seed) {
    std::mt19937 random(seed);
    const auto pick = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); };
    energy_account account(1000.0);
    double board = 0.0;
    double tasks = 0.0;
    double watts = pick(1, 30);
    double now = 0.0;
    std::vector<std::uint64_t> open;
    account.on_power(at(0.0), watts, no_value);
    for (std::uint64_t id = 0; id < 2000; ++id) {
      const double step = 0.001 * pick(0, 200);
      board += watts * step;
      now += step;
      if (pick(0, 2) == 0) {
        watts = pick(1, 30);
        account.on_power(at(now), watts, no_value);
      } else if (pick(0, 1) == 0 || open.empty()) {
        account.begin_task(id, at(now));
        open.push_back(id);
      } else {
        const auto victim = open.begin() + pick(0, static_cast<int>(open.size()) - 1);
        tasks += account.end_task(*victim, at(now)).value();
        open.erase(victim);
      }
    }
    for (const auto id : open) tasks += account.end_task(id, at(now)).value();
    EXPECT_NEAR(account.total_joules(at(now)).value(), board, 1e-6 * board);
    EXPECT_NEAR(tasks + account.idle_joules(at(now)).value(), board, 1e-6 * board);
  }
}

/// With a counter at every reading and tasks that outlive the readings in between, nothing is lost to corrections.
TEST(energy_account, conserves_energy_under_corrections) {
  for (unsigned seed = 1; seed <= 50; ++seed) {
    std::mt19937 random(seed);
    const auto pick = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); };
    energy_account account(0.2);  // many stretches go stale before the counter fills them
    double counter = pick(0, 1000);
    const double first = counter;
    double tasks = 0.0;
    double now = 0.0;
    std::vector<std::uint64_t> open;
    account.on_power(at(now), std::optional<double>(5.0), counter);
    for (std::uint64_t id = 0; id < 500; ++id) {
      for (int i = pick(0, 3); i > 0; --i) {
        now += 0.001 * pick(0, 200);
        account.begin_task(4 * id + static_cast<std::uint64_t>(i), at(now));
        open.push_back(4 * id + static_cast<std::uint64_t>(i));
      }
      now += 0.001 * pick(1, 300);
      counter += 0.1 * pick(0, 50);
      account.on_power(at(now), std::optional<double>(pick(1, 30)), counter);
      for (int i = pick(0, 3); i > 0 && !open.empty(); --i) {  // ends coincide with readings: nothing to correct later
        const auto victim = open.begin() + pick(0, static_cast<int>(open.size()) - 1);
        const auto joules = account.end_task(*victim, at(now));
        ASSERT_TRUE(joules);
        EXPECT_GE(*joules, 0.0);
        tasks += *joules;
        open.erase(victim);
      }
    }
    for (const auto id : open) tasks += account.end_task(id, at(now)).value();
    const double board = counter - first;
    EXPECT_NEAR(account.total_joules(at(now)).value(), board, 1e-6 * board);
    EXPECT_NEAR(tasks + account.idle_joules(at(now)).value(), board, 1e-6 * board);
    EXPECT_EQ(account.unmeasured_seconds(), 0.0);
  }
}

}  // namespace
}  // namespace dvfo::tests
