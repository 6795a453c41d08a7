#include "device/heat_source.hpp"

#include <gtest/gtest.h>

#include <string>

#include "tests/device/sensor_support.hpp"

namespace dvfo::tests {
namespace {

using device::heat_source;

struct zone {
  std::string type;
  heat_source source;
};

// The policy got the CPU's 40 °C of a JetPack 6 whose GPU had 83, since a name had to begin with CPU, GPU or cpu:
// sensors are told by the words of their type, whatever stands before or after.
TEST(heat_source, is_told_by_the_words_of_a_zones_type) {
  const std::vector<zone> zones{
      // JetPack 4 and 5
      {"CPU-therm", heat_source::die},
      {"GPU-therm", heat_source::die},
      {"BCPU-therm", heat_source::die},
      {"MCPU-therm", heat_source::die},
      {"AUX-therm", heat_source::die},
      {"PLL-therm", heat_source::die},
      {"AO-therm", heat_source::elsewhere},
      {"Tboard_tegra", heat_source::elsewhere},
      {"Tdiode_tegra", heat_source::elsewhere},
      {"thermal-fan-est", heat_source::elsewhere},
      {"PMIC-Die", heat_source::constant},
      // JetPack 5 and 6 of Orin, 7 of Thor
      {"cpu-thermal", heat_source::die},
      {"gpu-thermal", heat_source::die},
      {"cv2-thermal", heat_source::die},
      {"soc0-thermal", heat_source::die},
      {"soc012-thermal", heat_source::die},
      {"tj-thermal", heat_source::die},
      // PCs
      {"x86_pkg_temp", heat_source::die},
      {"TCPU", heat_source::die},
      {"TCPU_PCI", heat_source::die},
      {"acpitz", heat_source::firmware},
      {"INT3400 Thermal", heat_source::elsewhere},
      {"pch_cannonlake", heat_source::elsewhere},
      {"iwlwifi_1", heat_source::elsewhere},
      {"nvme", heat_source::elsewhere},
      {"BAT0", heat_source::elsewhere},
      {"SEN1", heat_source::elsewhere},
      // Other computers with ARM
      {"cpu_thermal", heat_source::die},
      {"bigcore0-thermal", heat_source::die},
      {"cpu-1-0-usr", heat_source::die},
      {"pmic-thermal", heat_source::elsewhere},
      {"battery", heat_source::elsewhere},
      // A part's name inside another word, or beside what makes it something else
      {"cpufreq-cooling", heat_source::elsewhere},
      {"CPU-VRM", heat_source::elsewhere},
      {"GPU_board", heat_source::elsewhere},
      {"", heat_source::elsewhere},
  };
  for (const zone& one : zones) EXPECT_EQ(device::source_of_zone(one.type), one.source) << one.type;
}

// AMD's Tctl lies 10 to 27 °C above the die on some models, which then show Tdie beside it.
TEST(heat_source, of_an_amd_is_tdie_where_there_is_one) {
  EXPECT_EQ(device::source_of_processor_input("Tctl", true), heat_source::elsewhere);
  EXPECT_EQ(device::source_of_processor_input("Tctl", false), heat_source::die);
  EXPECT_EQ(device::source_of_processor_input("Tdie", true), heat_source::die);
  EXPECT_EQ(device::source_of_processor_input("Tccd3", true), heat_source::die);
  EXPECT_EQ(device::source_of_processor_input("Package id 0", false), heat_source::die);
  EXPECT_TRUE(device::is_processor_driver("coretemp"));
  EXPECT_TRUE(device::is_processor_driver("k10temp"));
  EXPECT_FALSE(device::is_processor_driver("nvme"));
  EXPECT_FALSE(device::is_processor_driver("coretemp2"));
}

TEST(die_celsius, is_the_hottest_of_the_die_then_of_the_firmware) {
  EXPECT_EQ(device::die_celsius({}), std::nullopt);
  EXPECT_EQ(device::die_celsius({{"nvme", 71.0, heat_source::elsewhere}}), std::nullopt);
  EXPECT_EQ(device::die_celsius({{"acpitz", 45.0, heat_source::firmware}, {"nvme", 71.0, heat_source::elsewhere}}),
            45.0);
  EXPECT_EQ(device::die_celsius({{"acpitz", 85.0, heat_source::firmware},
                                 {"cpu-thermal", 40.0, heat_source::die},
                                 {"gpu-thermal", 83.0, heat_source::die}}),
            83.0)
      << "the firmware's zone may be a board's";
  EXPECT_EQ(device::die_celsius({{"cpu-thermal", -20.0, heat_source::die}}), -20.0) << "0 is not the least";
}

// MCPU-therm of the TX2 counted for nothing, as did all of a PC.
TEST(die_celsius, of_a_board_does_without_sensors_that_do_not_answer) {
  sensed_tree board("jetson-orin-nano-jp6");
  EXPECT_EQ(device::die_celsius(board.sensors.read(at(0.0)).temperatures), 83.0);
  const std::string zones = "sys/devices/virtual/thermal/";
  for (const char* zone : {"thermal_zone1", "thermal_zone8"}) board.tree.remove(zones + zone + "/temp");
  EXPECT_EQ(device::die_celsius(board.sensors.read(at(1.0)).temperatures), 47.0) << "soc1, the hottest that is left";
  // Mad ones are absent, the hottest above all.
  for (const char* madness : {"-256000\n", "151000\n", "255000\n"}) {
    board.tree.write(zones + "thermal_zone6/temp", madness);
    EXPECT_EQ(device::die_celsius(board.sensors.read(at(2.0)).temperatures), 46.031) << madness;
  }
}

TEST(die_celsius, of_a_laptop_is_the_die_behind_an_offset) {
  const sysfs_tree tree("linux-laptop-battery");
  tree.write("sys/class/hwmon/hwmon0/temp1_input", "73375\n");
  tree.write("sys/class/hwmon/hwmon0/temp2_label", "Tdie\n");
  tree.write("sys/class/hwmon/hwmon0/temp2_input", "46375\n");
  device::sensor_set sensors(device::detect(tree.root()));
  EXPECT_EQ(device::die_celsius(sensors.read(at(0.0)).temperatures), 46.375);
  tree.remove("sys/class/hwmon");
  device::sensor_set blind(device::detect(tree.root()));
  EXPECT_EQ(device::die_celsius(blind.read(at(0.0)).temperatures), 45.0) << "acpitz, for want of better";
}

}  // namespace
}  // namespace dvfo::tests
