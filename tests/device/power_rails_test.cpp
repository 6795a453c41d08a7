#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/device/sensor_support.hpp"

namespace dvfo::tests {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string nx_jp4 = "sys/devices/c250000.i2c/i2c-7/7-0040/iio:device0/";
const std::string nx_jp5 = "sys/bus/i2c/drivers/ina3221/7-0040/hwmon/hwmon4/";
const std::string orin_0041 = "sys/bus/i2c/drivers/ina3221/1-0041/hwmon/hwmon4/";

TEST(power_rails, follow_the_files) {
  sensed_tree board("jetson-xavier-nx-jp5");
  EXPECT_NEAR(*board.sensors.read(at(0.0)).total_watts, 6.005248, 1e-9);
  board.tree.write(nx_jp5 + "in1_input", "5000\n");
  board.tree.write(nx_jp5 + "curr1_input", "2000\n");
  EXPECT_NEAR(*board.sensors.read(at(0.5)).total_watts, 10.0, 1e-9);
}

TEST(power_rails, follow_files_that_are_replaced) {
  sensed_tree board("jetson-xavier-nx-jp4");
  board.sensors.read_power(at(0.0));
  write_file(board.tree / (nx_jp4 + "new"), "7250\n");
  std::filesystem::rename(board.tree / (nx_jp4 + "new"), board.tree / (nx_jp4 + "in_power0_input"));
  EXPECT_NEAR(*board.sensors.read_power(at(0.02)).total_watts, 7.25, 1e-9);
}

TEST(power_rails, take_the_interval_that_the_driver_is_set_to) {
  const sensed_tree board("jetson-agx-orin-jp6");
  EXPECT_DOUBLE_EQ(board.sensors.update_interval_seconds(), 0.43);
  board.tree.write(orin_0041 + "update_interval", "500\n");
  EXPECT_DOUBLE_EQ(board.sensors.update_interval_seconds(), 0.5) << "the slower chip decides";
  board.tree.write(orin_0041 + "update_interval", "0\n");
  board.tree.write("sys/bus/i2c/drivers/ina3221/1-0040/hwmon/hwmon3/update_interval", "54\n");
  EXPECT_DOUBLE_EQ(board.sensors.update_interval_seconds(), 0.054);
  board.tree.write("sys/bus/i2c/drivers/ina3221/1-0040/hwmon/hwmon3/update_interval", "0\n");
  EXPECT_DOUBLE_EQ(board.sensors.update_interval_seconds(), 0.02) << "never faster than the bus stands";
}

TEST(power_rails, leave_out_a_reading_that_fails_and_take_it_up_again) {
  sensed_tree board("jetson-xavier-nx-jp4");
  board.sensors.read(at(0.0));
  board.tree.write(nx_jp4 + "in_power1_input", "garbage\n");
  const auto failed = board.sensors.read(at(0.1));
  EXPECT_EQ(find_rail(failed, "VDD_CPU_GPU_CV"), nullptr);
  EXPECT_EQ(watts_of(failed, "VDD_SOC"), 1.341) << "others go on";
  EXPECT_EQ(failed.total_watts, 5.974);
  const auto status = status_of(board.sensors, "VDD_CPU_GPU_CV");
  ASSERT_TRUE(status);
  EXPECT_FALSE(status->is_present);
  EXPECT_THAT(status->reason, HasSubstr("in_power1_input holds \"garbage\""));
  EXPECT_THAT(status->remedy, Not(IsEmpty()));
  board.tree.write(nx_jp4 + "in_power1_input", "2000\n");
  EXPECT_EQ(watts_of(board.sensors.read(at(0.2)), "VDD_CPU_GPU_CV"), 2.0);
  EXPECT_TRUE(status_of(board.sensors, "VDD_CPU_GPU_CV")->is_present);
  EXPECT_THAT(board.said.texts, IsEmpty()) << "one bad reading is no news";
}

TEST(power_rails, drop_a_rail_that_keeps_failing_with_one_notice) {
  sensed_tree board("jetson-xavier-nx-jp4");
  board.tree.remove(nx_jp4 + "in_power2_input");
  for (int i = 0; i < 100; ++i) board.sensors.read(at(0.02 * i));
  ASSERT_THAT(board.said.texts, ElementsAre(HasSubstr("power rail VDD_SOC")));
  EXPECT_THAT(board.said.texts.front(), HasSubstr("in_power2_input does not exist"));

  board.tree.write(nx_jp4 + "in_power2_input", "1500\n");
  EXPECT_EQ(watts_of(board.sensors.read(at(2.0)), "VDD_SOC"), std::nullopt) << "a dropped rail is not asked each time";
  EXPECT_EQ(watts_of(board.sensors.read(at(12.0)), "VDD_SOC"), 1.5) << "but it is taken up again";
  EXPECT_EQ(watts_of(board.sensors.read(at(12.1)), "VDD_SOC"), 1.5);

  board.tree.remove(nx_jp4 + "in_power2_input");
  for (int i = 0; i < 100; ++i) board.sensors.read(at(20.0 + 0.02 * i));
  EXPECT_EQ(board.said.texts.size(), 1U) << "and noticed once for good";
}

TEST(power_rails, read_power_without_the_volts_of_a_jetpack_4_rail) {
  sensed_tree board("jetson-xavier-nx-jp4");
  board.tree.remove(nx_jp4 + "in_voltage0_input");
  const auto reading = board.sensors.read(at(0.0));
  EXPECT_EQ(reading.total_watts, 5.974);
  EXPECT_FALSE(find_rail(reading, "VDD_IN")->volts);
  EXPECT_EQ(find_rail(reading, "VDD_IN")->amperes, 1.176);
}

TEST(power_rails, give_no_total_while_a_part_of_the_sum_is_missing) {
  sensed_tree board("jetson-agx-orin-jp6");
  EXPECT_TRUE(board.sensors.read(at(0.0)).total_watts);
  board.tree.write(orin_0041 + "curr2_input", "\n");
  const auto reading = board.sensors.read(at(0.5));
  EXPECT_FALSE(reading.total_watts) << "a sum without a part is no smaller total but a wrong one";
  EXPECT_EQ(reading.rails.size(), 3U);
}

TEST(power_rails, never_sum_a_rail_with_the_parts_of_it) {
  sensed_tree board("jetson-xavier-nx-jp5");
  int totals = 0;
  for (const auto& one : board.sensors.status()) totals += one.is_total ? 1 : 0;
  EXPECT_EQ(totals, 1);
  EXPECT_TRUE(status_of(board.sensors, "VDD_IN")->is_total);
}

TEST(power_rails, refuse_values_that_the_chip_cannot_measure) {
  sensed_tree board("jetson-xavier-nx-jp5");
  for (const char* madness : {"99999999\n", "-5072\n", "5.07\n", "0x13d0\n", "99999999999999999999999\n"}) {
    board.tree.write(nx_jp5 + "in1_input", madness);
    const auto reading = board.sensors.read(at(0.0));
    EXPECT_FALSE(reading.total_watts) << madness;
    EXPECT_EQ(reading.rails.size(), 2U) << madness;
    board.tree.write(nx_jp5 + "in1_input", "5072\n");
    board.sensors.read(at(0.0));
  }
}

TEST(power_rails, take_zero_watts_of_the_whole_board_for_no_reading) {
  sensed_tree board("jetson-xavier-nx-jp4");
  board.tree.write(nx_jp4 + "in_power0_input", "0\n");  // the chip gives 0 while it is off
  EXPECT_FALSE(board.sensors.read(at(0.0)).total_watts);
}

// VDD_IN of a chip with a wrong shunt, as psys of a PC: a total below its parts is none.
TEST(power_rails, do_not_believe_a_total_below_its_parts) {
  sensed_tree board("jetson-xavier-nx-jp5");  // parts: 2.43456 W + 1.379584 W
  EXPECT_TRUE(board.sensors.read(at(0.0)).total_watts);
  board.tree.write(nx_jp5 + "curr1_input", "197\n");  // 1 W
  EXPECT_FALSE(board.sensors.read(at(0.5)).total_watts) << "not a single one";
  for (int i = 2; i < 30; ++i) board.sensors.read(at(0.5 * i));
  EXPECT_EQ(board.sensors.total_source(), "sum of 2 rails");
  EXPECT_NEAR(board.sensors.read(at(15.0)).total_watts.value_or(-1.0), 3.814144, 1e-9);
  ASSERT_THAT(board.said.texts, ElementsAre(HasSubstr("power rail VDD_IN is not the total")));
  EXPECT_THAT(board.said.texts.front(), HasSubstr("1.00 W where its parts give 3.81 W"));
  EXPECT_FALSE(status_of(board.sensors, "VDD_IN")->is_total);
  EXPECT_TRUE(status_of(board.sensors, "VDD_IN")->is_present);
  EXPECT_FALSE(status_of(board.sensors, "VDD_IN")->reason.empty());
  EXPECT_TRUE(status_of(board.sensors, "VDD_SOC")->is_total);
}

// Rails of the carrier board stand beside VDD_IN, not in it.
TEST(power_rails, compare_a_total_with_its_own_parts_only) {
  sensed_tree board("jetson-tx2-jp4");
  board.tree.write("sys/bus/i2c/drivers/ina3221x/0-0042/iio:device2/in_power0_input", "40000\n");  // VDD_MUX
  for (int i = 0; i < 100; ++i) EXPECT_EQ(board.sensors.read(at(0.1 * i)).total_watts, 5.525);
}

TEST(power_rails, are_told_apart_by_their_chip_where_two_have_one_label) {
  sysfs_tree tree("jetson-agx-orin-jp6");
  tree.write(orin_0041 + "in2_label", "VDD_CPU_CV\n");
  device::sensor_set sensors(device::detect(tree.root()));
  const auto reading = sensors.read(at(0.0));
  EXPECT_NEAR(watts_of(reading, "VDD_CPU_CV (1-0040.2)").value_or(-1.0), 1.979328, 1e-9);
  EXPECT_NEAR(watts_of(reading, "VDD_CPU_CV (1-0041.2)").value_or(-1.0), 1.446432, 1e-9);
}

// One garbled reading of 900 W on a board of 20 W was taken.
TEST(power_rails, refuse_a_power_far_beyond_the_boards_budget) {
  sensed_tree board("jetson-xavier-nx-jp4");
  board.tree.write(nx_jp4 + "in_power0_input", "900000\n");
  EXPECT_FALSE(board.sensors.read(at(0.0)).total_watts);
  EXPECT_THAT(status_of(board.sensors, "VDD_IN")->reason, HasSubstr("expected was a number from -80000 to 80000"));
  sensed_tree newer("jetson-xavier-nx-jp5");
  newer.tree.write(nx_jp5 + "curr1_input", "90000\n");  // 456 W at its 5.072 V
  EXPECT_FALSE(newer.sensors.read(at(0.0)).total_watts);
  EXPECT_THAT(status_of(newer.sensors, "VDD_IN")->reason, HasSubstr("make 456 W, expected were at most 80 W"));
}

TEST(power_rails, skip_channels_that_are_not_connected_but_no_rail_with_nc_inside_a_word) {
  sysfs_tree tree("jetson-agx-orin-jp5");
  tree.write(orin_0041 + "in1_label", "VDD_SYNC\n");
  tree.write(orin_0041 + "in3_label", "NC_3\n");
  device::sensor_set sensors(device::detect(tree.root()));
  const auto reading = sensors.read(at(0.0));
  EXPECT_NE(find_rail(reading, "VDD_SYNC"), nullptr);
  EXPECT_EQ(find_rail(reading, "NC_3"), nullptr);
  EXPECT_NEAR(*reading.total_watts, 13.695744, 1e-9) << "a rail beside the profile's is no part of the sum";
}

TEST(power_rails, say_what_the_total_lacks) {
  sysfs_tree tree("jetson-agx-orin-jp6");
  tree.remove("sys/bus/i2c/drivers/ina3221/1-0041");
  device::sensor_set sensors(device::detect(tree.root()));
  EXPECT_FALSE(sensors.read(at(0.0)).total_watts);
  EXPECT_EQ(sensors.total_source(), "");
  const auto status = status_of(sensors, "total power");
  ASSERT_TRUE(status);
  EXPECT_THAT(status->reason, HasSubstr("VDDQ_VDD2_1V8AO"));
  EXPECT_THAT(status->remedy, Not(IsEmpty()));
}

TEST(power_rails, know_the_older_and_the_newer_name_of_the_whole_board) {
  sysfs_tree tree("jetson-nano-jp4");
  tree.write("sys/bus/i2c/drivers/ina3221x/6-0040/iio:device0/rail_name_0", "VDD_IN\n");
  device::sensor_set sensors(device::detect(tree.root()));
  EXPECT_EQ(sensors.read(at(0.0)).total_watts, 1.494);
  EXPECT_EQ(sensors.total_source(), "rail VDD_IN");
}

TEST(power_rails, are_found_in_the_folder_of_older_images) {
  const sysfs_tree tree("jetson-nano-jp4");
  const std::string chip = "sys/bus/i2c/drivers/ina3221x/6-0040/";
  std::filesystem::rename(tree / (chip + "iio:device0"), tree / (chip + "iio_device"));
  device::sensor_set sensors(device::detect(tree.root()));
  EXPECT_EQ(sensors.read(at(0.0)).total_watts, 1.494);
}

TEST(power_rails, tell_of_a_board_without_a_chip) {
  const sysfs_tree tree("jetson-nano-jp4");  // Nano 2GB
  tree.remove("sys/bus/i2c");
  notices said;
  device::sensor_set sensors(device::detect(tree.root()), said.receiver());
  const auto reading = sensors.read(at(0.0));
  EXPECT_FALSE(reading.total_watts);
  EXPECT_THAT(reading.rails, IsEmpty());
  EXPECT_EQ(reading.now.gpu_hz, 460'800'000.0) << "the rest is read all the same";
  const auto status = status_of(sensors, "total power");
  ASSERT_TRUE(status);
  EXPECT_FALSE(status->is_present);
  EXPECT_THAT(status->remedy, HasSubstr("2GB"));
}

// The driver of a chip that was rebound gets another hwmon number.
TEST(power_rails, are_looked_for_again_where_the_driver_was_rebound) {
  sensed_tree board("jetson-orin-nx-jp6");
  const std::string chip = "sys/bus/i2c/drivers/ina3221/1-0040/hwmon/";
  board.sensors.read_power(at(0.0));
  std::filesystem::copy(board.tree / (chip + "hwmon1"), board.tree / (chip + "hwmon7"));
  board.tree.remove(chip + "hwmon1");
  for (int i = 1; i <= 20; ++i) EXPECT_FALSE(board.sensors.read_power(at(0.43 * i)).total_watts);
  EXPECT_NEAR(board.sensors.read_power(at(10.5)).total_watts.value_or(-1.0), 7.701856, 1e-9);
  EXPECT_EQ(board.said.texts.size(), 3U) << "once for each rail";
}

// Labels that can still be read let the rails be found again every ten seconds, only to fail again.
TEST(power_rails, are_noticed_once_however_often_they_are_found_again) {
  sensed_tree board("jetson-xavier-nx-jp5");
  for (int i = 0; i < 600; ++i) {
    for (const char* channel : {"curr1_input", "curr2_input", "curr3_input"}) {
      board.tree.write(nx_jp5 + channel, "junk " + std::to_string(i) + " junk\n");
    }
    EXPECT_FALSE(board.sensors.read_power(at(0.43 * i)).total_watts);
  }
  EXPECT_EQ(board.said.texts.size(), 3U);
}

TEST(power_rails, survive_a_tree_that_disappears) {
  sensed_tree board("jetson-xavier-nx-jp5");
  board.sensors.read(at(0.0));
  board.tree.remove("sys");
  board.tree.remove("proc");
  device::telemetry reading;
  for (int i = 1; i <= 400; ++i) reading = board.sensors.read(at(0.1 * i));
  EXPECT_THAT(reading.rails, IsEmpty());
  EXPECT_THAT(reading.temperatures, IsEmpty());
  EXPECT_FALSE(reading.total_watts || reading.total_joules || reading.cpu_utilisation || reading.gpu_utilisation);
  EXPECT_FALSE(reading.now.any());
  const std::size_t said = board.said.texts.size();
  EXPECT_EQ(said, 13U) << "3 rails, CPU and GPU use, 3 clocks, 5 zones";
  for (int i = 401; i <= 800; ++i) board.sensors.read(at(0.1 * i));
  EXPECT_EQ(board.said.texts.size(), said) << "each once";
  unpack_tree(std::filesystem::path(__FILE__).parent_path() / "trees/jetson-xavier-nx-jp5.tree", board.tree.root());
  EXPECT_NEAR(board.sensors.read(at(100.0)).total_watts.value_or(-1.0), 6.005248, 1e-9);
}

}  // namespace
}  // namespace dvfo::tests
