#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/device/sensor_support.hpp"

namespace dvfo::tests {
namespace {

using testing::HasSubstr;

const std::string zones = "sys/devices/virtual/thermal/";

TEST(temperatures, take_zones_of_blocks_that_are_off_for_nothing_special) {
  sensed_tree board("jetson-orin-nano-jp5");
  for (int i = 0; i < 10; ++i) EXPECT_EQ(board.sensors.read(at(i)).temperatures.size(), 6U);
  EXPECT_TRUE(board.said.texts.empty()) << "a camera block that sleeps is no fault";
  const auto status = status_of(board.sensors, "cv0-thermal");
  ASSERT_TRUE(status);
  EXPECT_FALSE(status->is_present);
  EXPECT_THAT(status->reason, HasSubstr("switched off"));
  EXPECT_TRUE(status_of(board.sensors, "tj-thermal")->is_present);

  // The block is switched on.
  std::filesystem::remove(board.tree / (zones + "thermal_zone2/temp"));
  board.tree.write(zones + "thermal_zone2/temp", "44500\n");
  EXPECT_EQ(celsius_of(board.sensors.read(at(30.0)), "cv0-thermal"), 44.5);
}

TEST(temperatures, leave_out_the_sensor_that_always_says_100_degrees) {
  sensed_tree board("jetson-tx2-jp4");
  for (const auto& one : board.sensors.read(at(0.0)).temperatures) EXPECT_LT(one.celsius, 99.0) << one.zone;
  EXPECT_FALSE(status_of(board.sensors, "PMIC-Die"));
}

TEST(temperatures, refuse_what_no_board_can_have) {
  sensed_tree board("jetson-nano-jp4");
  for (const char* madness : {"-256000\n", "150001\n", "hot\n", "\n"}) {
    board.tree.write(zones + "thermal_zone1/temp", madness);
    const auto reading = board.sensors.read(at(0.0));
    EXPECT_FALSE(celsius_of(reading, "CPU-therm")) << madness;
    EXPECT_EQ(reading.temperatures.size(), 4U);
  }
  board.tree.write(zones + "thermal_zone1/temp", "-5500\n");
  EXPECT_EQ(celsius_of(board.sensors.read(at(1.0)), "CPU-therm"), -5.5) << "a cold room is";
}

TEST(temperatures, name_a_zone_that_worked_and_then_fails_once) {
  sensed_tree board("jetson-nano-jp4");
  board.sensors.read(at(0.0));
  board.tree.remove(zones + "thermal_zone2/temp");
  for (int i = 1; i < 60; ++i) board.sensors.read(at(i));
  ASSERT_EQ(board.said.texts.size(), 1U);
  EXPECT_THAT(board.said.texts.front(), HasSubstr("GPU-therm"));
}

TEST(temperatures, are_found_where_there_is_no_class_folder) {
  const sysfs_tree tree("jetson-xavier-nx-jp4");
  tree.remove("sys/class/thermal");
  device::sensor_set sensors(device::detect(tree.root()));
  EXPECT_EQ(sensors.read(at(0.0)).temperatures.size(), 5U);
}

TEST(temperatures, come_in_the_order_of_their_numbers) {
  const sysfs_tree tree("jetson-nano-jp4");
  tree.write("sys/class/thermal/thermal_zone10/type", "board-thermal\n");
  tree.write("sys/class/thermal/thermal_zone10/temp", "31000\n");
  tree.write("sys/class/thermal/thermal_zonex/type", "no-number\n");
  device::sensor_set sensors(device::detect(tree.root()));
  const auto reading = sensors.read(at(0.0));
  ASSERT_EQ(reading.temperatures.size(), 6U);
  EXPECT_EQ(reading.temperatures.front().zone, "AO-therm");
  EXPECT_EQ(reading.temperatures.back().zone, "board-thermal");
}

}  // namespace
}  // namespace dvfo::tests
