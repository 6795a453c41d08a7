// What DVFO reads on recorded PCs, against values worked out by hand from the trees' files.
#include <gtest/gtest.h>

#include <set>
#include <utility>

#include "tests/device/sensor_support.hpp"

namespace dvfo::tests {
namespace {

TEST(golden_linux, reads_an_intel_pc_by_psys) {
  sensed_tree pc("linux-intel-rapl");
  const device::telemetry first = pc.sensors.read(at(10.0));
  EXPECT_EQ(pc.sensors.total_source(), "RAPL psys");
  EXPECT_EQ(pc.sensors.update_interval_seconds(), 0.001);
  EXPECT_FALSE(first.total_watts);
  EXPECT_EQ(first.total_joules, 0.0);
  EXPECT_EQ(first.now.cpu_hz, 2'400'000'000.0);
  EXPECT_FALSE(first.now.gpu_hz);
  EXPECT_FALSE(first.now.memory_hz);
  EXPECT_FALSE(first.gpu_utilisation);
  EXPECT_EQ(celsius_of(first, "coretemp Package id 0"), 51.0);
  EXPECT_EQ(celsius_of(first, "coretemp Core 0"), 49.0);
  EXPECT_EQ(celsius_of(first, "acpitz"), 27.8);
  EXPECT_EQ(celsius_of(first, "x86_pkg_temp"), 51.0);
  EXPECT_FALSE(celsius_of(first, "nvme Composite"));
  EXPECT_EQ(celsius_of(first, "iwlwifi_1"), 72.0);
  EXPECT_EQ(celsius_of(first, "pch_cannonlake"), 63.0);
  EXPECT_EQ(device::die_celsius(first.temperatures), 51.0) << "radio, chip set and boards are hotter, and elsewhere";

  // psys wraps around: 328850 µJ to the end of its range, 24671150 µJ after it are 25 J.
  const std::string zones = "sys/devices/virtual/powercap/intel-rapl/";
  pc.tree.write(zones + "intel-rapl:1/energy_uj", "24671150\n");
  pc.tree.write(zones + "intel-rapl:0/energy_uj", "52018000000\n");
  pc.tree.write(zones + "intel-rapl:0/intel-rapl:0:0/energy_uj", "21009000000\n");
  pc.tree.write(zones + "intel-rapl:0/intel-rapl:0:2/energy_uj", "8001500000\n");
  const device::telemetry second = pc.sensors.read(at(12.0));
  EXPECT_NEAR(second.total_joules.value_or(-1.0), 25.0, 1e-9);
  EXPECT_NEAR(second.total_watts.value_or(-1.0), 12.5, 1e-9);
  EXPECT_NEAR(watts_of(second, "package-0").value_or(-1.0), 9.0, 1e-9);
  EXPECT_NEAR(watts_of(second, "core").value_or(-1.0), 4.5, 1e-9);
  EXPECT_NEAR(watts_of(second, "dram").value_or(-1.0), 0.75, 1e-9);
  EXPECT_EQ(watts_of(second, "uncore"), 0.0);
  EXPECT_EQ(second.rails.size(), 5U) << "the mmio zone is package-0 again";
}

TEST(golden_linux, reads_an_amd_server_by_its_packages) {
  sensed_tree server("linux-amd-rapl");
  server.sensors.read(at(0.0));
  EXPECT_EQ(server.sensors.total_source(), "RAPL, sum of 2 packages");
  // package-0 wraps: 610987 + 39389013 µJ = 40 J; package-1: 30 J. Cores are within.
  server.tree.write("sys/class/powercap/intel-rapl:0/energy_uj", "39389013\n");
  server.tree.write("sys/class/powercap/intel-rapl:0:0/energy_uj", "1020000000\n");
  server.tree.write("sys/class/powercap/intel-rapl:1/energy_uj", "3030000000\n");
  server.tree.write("sys/class/powercap/intel-rapl:1:0/energy_uj", "510000000\n");
  const device::telemetry reading = server.sensors.read(at(0.5));
  EXPECT_NEAR(reading.total_joules.value_or(-1.0), 70.0, 1e-9);
  EXPECT_NEAR(reading.total_watts.value_or(-1.0), 140.0, 1e-9);
  EXPECT_NEAR(watts_of(reading, "package-0").value_or(-1.0), 80.0, 1e-9);
  EXPECT_NEAR(watts_of(reading, "package-1").value_or(-1.0), 60.0, 1e-9);
  EXPECT_EQ(reading.now.cpu_hz, 1'900'000'000.0);
  ASSERT_EQ(reading.temperatures.size(), 2U);
  EXPECT_EQ(celsius_of(reading, "k10temp Tctl (0000:00:18.3)"), 44.125);
  EXPECT_EQ(celsius_of(reading, "k10temp Tctl (0000:00:19.3)"), 42.5);
  EXPECT_EQ(device::die_celsius(reading.temperatures), 44.125);
  EXPECT_NEAR(watts_of(reading, "core (0:0)").value_or(-1.0), 40.0, 1e-9);
  EXPECT_NEAR(watts_of(reading, "core (1:0)").value_or(-1.0), 20.0, 1e-9);
}

// Two processors whose sensors have the same names: the second was shown as the first, or not at all.
TEST(golden_linux, tells_two_processors_apart) {
  sensed_tree server("linux-intel-two-sockets");
  server.sensors.read(at(0.0));
  EXPECT_EQ(server.sensors.total_source(), "RAPL, sum of 2 packages");
  const std::string zones = "sys/class/powercap/intel-rapl:";
  server.tree.write(zones + "0/energy_uj", "70060000000\n");
  server.tree.write(zones + "0:0/energy_uj", "9040000000\n");
  server.tree.write(zones + "0:1/energy_uj", "5010000000\n");
  server.tree.write(zones + "1/energy_uj", "71080000000\n");
  server.tree.write(zones + "1:0/energy_uj", "10050000000\n");
  server.tree.write(zones + "1:1/energy_uj", "6020000000\n");
  const device::telemetry reading = server.sensors.read(at(1.0));
  EXPECT_EQ(reading.total_watts, 140.0);
  EXPECT_EQ(watts_of(reading, "package (0)"), 60.0);
  EXPECT_EQ(watts_of(reading, "package (1)"), 80.0);
  EXPECT_EQ(watts_of(reading, "core (0:0)"), 40.0);
  EXPECT_EQ(watts_of(reading, "core (1:0)"), 50.0);
  EXPECT_EQ(watts_of(reading, "dram (0:1)"), 10.0);
  EXPECT_EQ(watts_of(reading, "dram (1:1)"), 20.0);
  EXPECT_EQ(celsius_of(reading, "coretemp Package id 0"), 55.0);
  EXPECT_EQ(celsius_of(reading, "coretemp Package id 1"), 68.0);
  EXPECT_EQ(celsius_of(reading, "coretemp Core 0 (coretemp.0)"), 53.0);
  EXPECT_EQ(celsius_of(reading, "coretemp Core 0 (coretemp.1)"), 67.0);
  EXPECT_EQ(celsius_of(reading, "x86_pkg_temp (thermal_zone1)"), 68.0);
  EXPECT_EQ(device::die_celsius(reading.temperatures), 68.0);
  std::set<std::pair<device::sensor_kind, std::string>> names;
  const auto status = server.sensors.status();
  for (const auto& one : status) names.emplace(one.kind, one.name);
  EXPECT_EQ(names.size(), status.size()) << "each once";
}

TEST(golden_linux, reads_a_laptop_by_its_battery) {
  sensed_tree laptop("linux-laptop-battery");
  const device::telemetry reading = laptop.sensors.read(at(0.0));
  EXPECT_EQ(laptop.sensors.total_source(), "battery BAT0");
  EXPECT_NEAR(reading.total_watts.value_or(-1.0), 10.01952, 1e-9);  // 0.852 A × 11.76 V
  EXPECT_FALSE(reading.total_joules);
  ASSERT_EQ(reading.rails.size(), 1U) << "the battery of the mouse is no source of power";
  EXPECT_EQ(reading.rails.front().volts, 11.76);
  EXPECT_EQ(reading.rails.front().amperes, 0.852);
  EXPECT_EQ(laptop.sensors.update_interval_seconds(), 2.0);
  EXPECT_EQ(reading.now.cpu_hz, 2'100'000'000.0);
  EXPECT_EQ(celsius_of(reading, "k10temp Tctl"), 46.375);
  EXPECT_EQ(celsius_of(reading, "acpitz"), 45.0);
  EXPECT_EQ(device::die_celsius(reading.temperatures), 46.375);
}

TEST(golden_linux, finds_no_sensor_in_a_virtual_machine) {
  sensed_tree machine("linux-virtual-machine");
  const device::telemetry reading = machine.sensors.read(at(0.0));
  EXPECT_FALSE(reading.total_watts || reading.total_joules || reading.now.any());
  EXPECT_TRUE(reading.rails.empty());
  EXPECT_EQ(device::die_celsius(reading.temperatures), std::nullopt);
  for (const auto& one : machine.sensors.status()) {
    EXPECT_TRUE(one.is_present || !one.reason.empty()) << one.name;
    EXPECT_EQ(one.remedy, "") << one.name << ": there is nothing to mend";
  }
}

}  // namespace
}  // namespace dvfo::tests
