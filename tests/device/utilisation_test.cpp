#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/device/sensor_support.hpp"

namespace dvfo::tests {
namespace {

using testing::HasSubstr;

const std::string nx_load = "sys/devices/17000000.gv11b/load";

/// /proc/stat of `cores` cores that together worked `busy` and rested `idle` ticks.
std::string stat_of(const std::vector<int>& cores, int busy, int idle) {
  std::string result = "cpu  " + std::to_string(busy) + " 0 0 " + std::to_string(idle) + " 0 0 0 0 0 0\n";
  for (const int core : cores) result += "cpu" + std::to_string(core) + " 1 0 0 1 0 0 0 0 0 0\n";
  return result + "intr 100 0 0\nctxt 5\n";
}

TEST(cpu_utilisation, is_the_share_of_busy_ticks_since_the_reading_before) {
  sensed_tree board("jetson-xavier-nx-jp4");
  // 6 cores: user 4000, nice 100, system 900, idle 44000, iowait 500, irq 200, softirq 300 each.
  EXPECT_FALSE(board.sensors.read(at(0.0)).cpu_utilisation);
  std::string stat = "cpu  24240 630 5430 264600 3060 1212 1812 16 400 0\n";  // 240+30+30+12+12+16 of 1000 ticks
  for (int core = 0; core < 6; ++core) stat += "cpu" + std::to_string(core) + " 1 1 1 1 1 1 1 0 0 0\n";
  board.tree.write("proc/stat", stat + "intr 1\n");
  EXPECT_NEAR(board.sensors.read(at(1.0)).cpu_utilisation.value_or(-1.0), 0.34, 1e-12);
}

// Of cores that went off, the sums no longer hold what they had counted: the difference would be negative.
TEST(cpu_utilisation, starts_anew_when_cores_go_off_or_on) {
  sensed_tree board("jetson-xavier-nx-jp4");
  board.tree.write("proc/stat", stat_of({0, 1, 2, 3}, 1000, 1000));
  board.sensors.read(at(0.0));
  board.tree.write("proc/stat", stat_of({0, 1}, 600, 500));
  EXPECT_FALSE(board.sensors.read(at(1.0)).cpu_utilisation);
  board.tree.write("proc/stat", stat_of({0, 1}, 650, 550));
  EXPECT_EQ(board.sensors.read(at(2.0)).cpu_utilisation, 0.5);
  board.tree.write("proc/stat", stat_of({0, 3}, 760, 560));
  EXPECT_FALSE(board.sensors.read(at(3.0)).cpu_utilisation) << "as many cores, but others";
}

TEST(cpu_utilisation, repeats_its_value_until_a_tick_has_passed) {
  sensed_tree board("jetson-xavier-nx-jp4");
  board.tree.write("proc/stat", stat_of({0}, 100, 100));
  board.sensors.read(at(0.0));
  board.tree.write("proc/stat", stat_of({0}, 130, 170));
  EXPECT_EQ(board.sensors.read(at(1.0)).cpu_utilisation, 0.3);
  EXPECT_EQ(board.sensors.read(at(1.001)).cpu_utilisation, 0.3);
  board.tree.write("proc/stat", stat_of({0}, 130, 180));
  EXPECT_EQ(board.sensors.read(at(1.1)).cpu_utilisation, 0.0);
}

// The kernel's counters may fall (idle of a core that was off, a container's own /proc): the value of before stood
// until they had risen above what they once were.
TEST(cpu_utilisation, starts_anew_when_the_counters_fall) {
  sensed_tree board("jetson-xavier-nx-jp4");
  board.tree.write("proc/stat", stat_of({0, 1}, 1000, 1000));
  board.sensors.read(at(0.0));
  board.tree.write("proc/stat", stat_of({0, 1}, 1900, 1100));
  EXPECT_EQ(board.sensors.read(at(1.0)).cpu_utilisation, 0.9);
  board.tree.write("proc/stat", stat_of({0, 1}, 10, 90));
  EXPECT_FALSE(board.sensors.read(at(2.0)).cpu_utilisation);
  board.tree.write("proc/stat", stat_of({0, 1}, 35, 165));
  EXPECT_EQ(board.sensors.read(at(3.0)).cpu_utilisation, 0.25);
}

TEST(cpu_utilisation, is_absent_for_garbage_and_comes_back) {
  sensed_tree board("jetson-xavier-nx-jp4");
  board.sensors.read(at(0.0));
  for (const char* junk : {"cpu nothing\n", "\n", "intr 5\n", "cpu  1 2"}) {
    board.tree.write("proc/stat", junk);
    EXPECT_FALSE(board.sensors.read(at(1.0)).cpu_utilisation) << junk;
  }
  board.tree.write("proc/stat", stat_of({0}, 0, 0));
  board.sensors.read(at(2.0));
  board.tree.write("proc/stat", stat_of({0}, 80, 20));
  EXPECT_EQ(board.sensors.read(at(3.0)).cpu_utilisation, 0.8);
}

TEST(gpu_utilisation, refuses_what_is_no_per_mille) {
  sensed_tree board("jetson-xavier-nx-jp4");
  EXPECT_EQ(board.sensors.read(at(0.0)).gpu_utilisation, 0.458);
  for (const char* junk : {"1001\n", "-1\n", "busy\n"}) {
    board.tree.write(nx_load, junk);
    EXPECT_FALSE(board.sensors.read(at(1.0)).gpu_utilisation) << junk;
  }
  board.tree.write(nx_load, "1000\n");
  EXPECT_EQ(board.sensors.read(at(2.0)).gpu_utilisation, 1.0);
  board.tree.write(nx_load, "0\n");
  EXPECT_EQ(board.sensors.read(at(3.0)).gpu_utilisation, 0.0) << "an idle GPU is 0, not absent";
}

TEST(gpu_utilisation, is_read_before_devfreq_knows_the_gpu) {
  sysfs_tree tree("jetson-xavier-nx-jp5");
  tree.remove("sys/class/devfreq/17000000.gv11b");
  device::sensor_set sensors(device::detect(tree.root()));
  const auto early = sensors.read(at(0.0));
  EXPECT_EQ(early.gpu_utilisation, 0.458);
  EXPECT_FALSE(early.now.gpu_hz);
  std::filesystem::create_symlink("../../devices/17000000.gv11b/devfreq/17000000.gv11b",
                                  tree / "sys/class/devfreq/17000000.gv11b");
  EXPECT_FALSE(sensors.read(at(5.0)).now.gpu_hz);
  EXPECT_EQ(sensors.read(at(10.0)).now.gpu_hz, 803'250'000.0) << "the GPU was powered and is found";
}

TEST(memory_utilisation, needs_the_memory_clock) {
  sensed_tree board("jetson-nano-jp4");
  EXPECT_EQ(board.sensors.read(at(0.0)).memory_utilisation, 0.25);
  board.tree.write("sys/kernel/debug/clk/emc/clk_rate", "204000000\n");
  EXPECT_EQ(board.sensors.read(at(0.5)).memory_utilisation, 1.0) << "the average still holds the higher clock";
  board.tree.remove("sys/kernel/debug");  // only root sees it
  const auto reading = board.sensors.read(at(1.0));
  EXPECT_FALSE(reading.memory_utilisation);
  EXPECT_FALSE(reading.now.memory_hz);
  EXPECT_THAT(status_of(board.sensors, "memory utilisation")->remedy, HasSubstr("root"));
  EXPECT_THAT(status_of(board.sensors, "memory clock")->remedy, HasSubstr("debugfs"));
}

// Public tools divide this counter by a clock and show 0 % on Orin.
TEST(memory_utilisation, is_absent_where_the_unit_is_not_documented) {
  const sensed_tree board("jetson-orin-nano-jp6");
  const auto status = status_of(board.sensors, "memory utilisation");
  ASSERT_TRUE(status);
  EXPECT_FALSE(status->is_present);
  EXPECT_THAT(status->reason, HasSubstr("unit"));
}

TEST(clocks_now, give_the_highest_policy_and_bear_one_that_fails) {
  sensed_tree board("jetson-tx2-jp4");
  const std::string policies = "sys/devices/system/cpu/cpufreq/";
  board.tree.write(policies + "policy1/scaling_cur_freq", "<unknown>\n");
  EXPECT_EQ(board.sensors.read(at(0.0)).now.cpu_hz, 1'728'000'000.0);
  board.tree.write(policies + "policy1/scaling_cur_freq", "2035200\n");
  EXPECT_EQ(board.sensors.read(at(1.0)).now.cpu_hz, 2'035'200'000.0);
  EXPECT_TRUE(board.said.texts.empty());
}

TEST(clocks_now, are_absent_for_a_gpu_that_is_off) {
  sensed_tree board("jetson-xavier-nx-jp5");
  board.tree.write("sys/devices/17000000.gv11b/devfreq/17000000.gv11b/cur_freq", "0\n");
  EXPECT_FALSE(board.sensors.read(at(0.0)).now.gpu_hz);
  EXPECT_TRUE(board.said.texts.empty());
}

TEST(clocks_now, are_those_of_the_gpu_and_of_no_other_devfreq_device) {
  sysfs_tree tree("jetson-orin-nx-jp6");
  tree.remove("sys/class/devfreq/17000000.gpu");
  device::sensor_set sensors(device::detect(tree.root()));
  EXPECT_FALSE(sensors.read(at(0.0)).now.gpu_hz);
}

}  // namespace
}  // namespace dvfo::tests
