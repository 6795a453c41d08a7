#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/device/sensor_support.hpp"

namespace dvfo::tests {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::string intel = "sys/devices/virtual/powercap/intel-rapl/";
const std::string psys = intel + "intel-rapl:1/energy_uj";
const std::string package = intel + "intel-rapl:0/energy_uj";
constexpr std::int64_t range = 262'143'328'850;

std::string text(std::int64_t microjoules) { return std::to_string(microjoules) + "\n"; }

TEST(rapl, counts_on_over_many_wraps) {
  sensed_tree pc("linux-intel-rapl");
  std::int64_t raw = 262'143'000'000;
  double joules = 0.0;
  pc.sensors.read_power(at(0.0));
  for (int i = 1; i <= 40; ++i) {  // 40 kW s an hour's sixth, seven times round
    raw = (raw + 50'000'000'000) % range;
    joules += 50'000.0;
    pc.tree.write(psys, text(raw));
    const auto reading = pc.sensors.read_power(at(600.0 * i));
    EXPECT_NEAR(reading.total_joules.value_or(-1.0), joules, 1e-6);
    EXPECT_NEAR(reading.total_watts.value_or(-1.0), 50'000.0 / 600.0, 1e-9);
  }
}

TEST(rapl, takes_a_counter_that_was_reset_for_no_wrap) {
  sensed_tree pc("linux-intel-rapl");
  pc.tree.write(psys, text(100'000'000'000));
  pc.sensors.read_power(at(0.0));
  pc.tree.write(psys, text(100'010'000'000));
  EXPECT_NEAR(*pc.sensors.read_power(at(1.0)).total_joules, 10.0, 1e-9);
  pc.tree.write(psys, text(500));  // sleep set it to 0: a wrap would have been 162 kJ in one second
  EXPECT_NEAR(*pc.sensors.read_power(at(2.0)).total_joules, 10.0, 1e-9);
  pc.tree.write(psys, text(20'000'500));
  const auto reading = pc.sensors.read_power(at(3.0));
  EXPECT_NEAR(*reading.total_joules, 30.0, 1e-9);
  EXPECT_NEAR(*reading.total_watts, 20.0, 1e-9);
}

TEST(rapl, repeats_its_watts_within_the_counters_own_millisecond) {
  sensed_tree pc("linux-intel-rapl");
  pc.sensors.read_power(at(0.0));
  pc.tree.write(psys, text(262'143'100'000));
  EXPECT_NEAR(*pc.sensors.read_power(at(0.01)).total_watts, 10.0, 1e-9);
  EXPECT_NEAR(*pc.sensors.read(at(0.0101)).total_watts, 10.0, 1e-9) << "the counter has not moved yet: not 0 W";
}

TEST(rapl, counts_what_flowed_while_a_reading_failed) {
  sensed_tree pc("linux-intel-rapl");
  pc.tree.write(psys, text(1'000'000));
  pc.sensors.read_power(at(0.0));
  pc.tree.write(psys, "\n");
  const auto failed = pc.sensors.read_power(at(1.0));
  EXPECT_FALSE(failed.total_joules);
  EXPECT_FALSE(failed.total_watts);
  pc.tree.write(psys, text(31'000'000));
  const auto reading = pc.sensors.read_power(at(2.0));
  EXPECT_EQ(reading.total_joules, 30.0);
  EXPECT_EQ(reading.total_watts, 15.0);
}

TEST(rapl, gives_no_total_while_one_of_two_packages_is_missing) {
  sensed_tree server("linux-amd-rapl");
  server.sensors.read_power(at(0.0));
  server.tree.write("sys/class/powercap/intel-rapl:1/energy_uj", "junk\n");
  for (int i = 1; i <= 9; ++i) EXPECT_FALSE(server.sensors.read_power(at(0.1 * i)).total_joules);
  EXPECT_THAT(server.said.texts, ElementsAre(HasSubstr("package-1")));
  server.tree.write("sys/class/powercap/intel-rapl:1/energy_uj", text(3'005'000'000));
  EXPECT_EQ(server.sensors.read_power(at(11.0)).total_joules, 5.0);
}

TEST(rapl, falls_back_to_the_packages_where_psys_never_counts) {
  sensed_tree pc("linux-intel-rapl");
  pc.tree.write(psys, "0\n");
  for (int i = 0; i <= 3; ++i) {
    pc.tree.write(package, text(52'000'000'000 + 5'000'000 * i));
    pc.sensors.read_power(at(i));
  }
  EXPECT_EQ(pc.sensors.total_source(), "RAPL package");
  pc.tree.write(package, text(52'000'000'000 + 5'000'000 * 4));
  const auto before = pc.sensors.read_power(at(4.0));
  pc.tree.write(package, text(52'000'000'000 + 5'000'000 * 5));
  const auto after = pc.sensors.read_power(at(5.0));
  EXPECT_EQ(after.total_watts, 5.0);
  EXPECT_EQ(*after.total_joules - *before.total_joules, 5.0);
  EXPECT_LE(*after.total_joules, 15.0) << "no jump when the total changed its source";
}

/// What a child without privileges makes of counters that only their owner may read; its exit code.
int look_without_permission(const std::filesystem::path& root) {
  if (geteuid() == 0 && setuid(65534) != 0) return 2;
  device::sensor_set sensors(device::detect(root));
  sensors.read(at(0.0));
  const auto status = status_of(sensors, "psys");
  if (!status || status->is_present || !sensors.total_source().empty()) return 3;
  if (sensors.read(at(1.0)).total_joules) return 4;
  const bool is_told = status->reason.find("permission") != std::string::npos &&
                       status->remedy.find("udev") != std::string::npos &&
                       status->remedy.find("CAP_DAC_READ_SEARCH") != std::string::npos;
  return is_told ? 0 : 5;
}

TEST(rapl, explains_counters_that_only_root_may_read) {
  const sysfs_tree tree("linux-intel-rapl");
  std::filesystem::permissions(tree.root(), std::filesystem::perms(0755));
  for (const char* zone : {"intel-rapl:0", "intel-rapl:0/intel-rapl:0:0", "intel-rapl:0/intel-rapl:0:1",
                           "intel-rapl:0/intel-rapl:0:2", "intel-rapl:1"}) {
    const mode_t mode = geteuid() == 0 ? 0400 : 0;
    ASSERT_EQ(chmod((tree / (intel + zone + "/energy_uj")).c_str(), mode), 0);
  }
  EXPECT_EXIT(_exit(look_without_permission(tree.root())), testing::ExitedWithCode(0), "");
}

TEST(battery, tells_nothing_while_it_charges) {
  sensed_tree laptop("linux-laptop-battery");
  const std::string battery = "sys/class/power_supply/BAT0/";
  EXPECT_TRUE(laptop.sensors.read(at(0.0)).total_watts);
  for (const char* state : {"Charging\n", "Full\n", "Not charging\n", "Unknown\n"}) {
    laptop.tree.write(battery + "status", state);
    const auto reading = laptop.sensors.read(at(2.0));
    EXPECT_FALSE(reading.total_watts) << state;
    EXPECT_TRUE(reading.rails.empty()) << state;
  }
  const auto status = status_of(laptop.sensors, "BAT0");
  ASSERT_TRUE(status);
  EXPECT_FALSE(status->is_present);
  EXPECT_THAT(status->reason, HasSubstr("Unknown"));
  laptop.tree.write(battery + "status", "Discharging\n");
  EXPECT_TRUE(laptop.sensors.read(at(4.0)).total_watts);
  EXPECT_TRUE(laptop.said.texts.empty()) << "charging is no fault";
}

TEST(battery, takes_its_own_power_where_it_gives_one) {
  sysfs_tree tree("linux-laptop-battery");
  tree.write("sys/class/power_supply/BAT0/power_now", "-9500000\n");
  device::sensor_set sensors(device::detect(tree.root()));
  EXPECT_EQ(sensors.read(at(0.0)).total_watts, 9.5);
}

TEST(battery, two_are_summed_unless_one_charges_the_other) {
  sysfs_tree tree("linux-laptop-battery");
  tree.write("sys/class/power_supply/BAT1/type", "Battery\n");
  tree.write("sys/class/power_supply/BAT1/status", "Discharging\n");
  tree.write("sys/class/power_supply/BAT1/power_now", "4000000\n");
  device::sensor_set sensors(device::detect(tree.root()));
  EXPECT_EQ(sensors.total_source(), "battery BAT0 and BAT1");
  EXPECT_NEAR(*sensors.read(at(0.0)).total_watts, 14.01952, 1e-9);
  tree.write("sys/class/power_supply/BAT1/status", "Not charging\n");
  EXPECT_NEAR(*sensors.read(at(2.0)).total_watts, 10.01952, 1e-9);
  tree.write("sys/class/power_supply/BAT1/status", "Charging\n");
  EXPECT_FALSE(sensors.read(at(4.0)).total_watts);
}

}  // namespace
}  // namespace dvfo::tests
