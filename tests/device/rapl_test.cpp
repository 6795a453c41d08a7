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
  const auto lost = pc.sensors.read_power(at(2.0));
  EXPECT_FALSE(lost.total_joules || lost.total_watts) << "what flowed until then is unknown, not 0";
  EXPECT_EQ(lost.counted_since, at(2.0));
  pc.tree.write(psys, text(20'000'500));
  const auto reading = pc.sensors.read_power(at(3.0));
  EXPECT_EQ(reading.counted_since, at(2.0));
  EXPECT_NEAR(*reading.total_joules, 20.0, 1e-9);
  EXPECT_NEAR(*reading.total_watts, 20.0, 1e-9);
}

// After a suspend the counter had risen by 3,600 J in what the steady clock took for a second: 3.5 kW were shown and
// the joules stayed in the sum. Only falls were bounded.
TEST(rapl, takes_a_leap_for_an_unknown_stretch) {
  sensed_tree server("linux-intel-two-sockets");  // allowed are 180 W a socket, so 720 W are believed
  const std::string first = "sys/class/powercap/intel-rapl:0/energy_uj";
  const std::string second = "sys/class/powercap/intel-rapl:1/energy_uj";
  const auto draw = [&](std::int64_t one, std::int64_t other) {
    server.tree.write(first, text(70'000'000'000 + one * 1'000'000));
    server.tree.write(second, text(71'000'000'000 + other * 1'000'000));
  };
  EXPECT_EQ(server.sensors.read_power(at(0.0)).counted_since, at(0.0));
  draw(60, 50);
  EXPECT_EQ(server.sensors.read_power(at(1.0)).total_joules, 110.0);
  draw(3'660, 100);
  const auto leapt = server.sensors.read(at(2.0));
  EXPECT_FALSE(leapt.total_watts || leapt.total_joules);
  EXPECT_EQ(watts_of(leapt, "package (0)"), std::nullopt);
  EXPECT_EQ(watts_of(leapt, "package (1)"), 50.0) << "others go on";
  EXPECT_EQ(leapt.counted_since, at(2.0));
  EXPECT_THAT(status_of(server.sensors, "package (0)")->reason, HasSubstr("rose by 3600.0 J in 1.000 s"));
  EXPECT_EQ(status_of(server.sensors, "package (0)")->remedy, "");
  draw(3'720, 150);
  const auto after = server.sensors.read(at(3.0));
  EXPECT_EQ(after.total_watts, 110.0);
  EXPECT_EQ(after.total_joules, 110.0) << "since the leap";
  EXPECT_EQ(after.counted_since, at(2.0));
  EXPECT_TRUE(server.said.texts.empty()) << "once is no news";
  for (int i = 4; i < 30; ++i) {
    draw(5'000 * i, 100 + 50 * i);
    server.sensors.read_power(at(i));
  }
  EXPECT_THAT(server.said.texts, ElementsAre(HasSubstr("energy counter package (0)"))) << "a counter that always leaps";
}

// psys gave 1 W beside a package of 40 W and was the whole board.
TEST(rapl, does_not_believe_a_psys_below_its_packages) {
  sensed_tree pc("linux-intel-rapl");
  const auto draw = [&](double seconds) {
    pc.tree.write(psys, text(1'000'000'000 + static_cast<std::int64_t>(1e6 * seconds)));
    pc.tree.write(package, text(52'000'000'000 + static_cast<std::int64_t>(40e6 * seconds)));
  };
  draw(0.0);
  pc.sensors.read(at(0.0));
  draw(0.2);
  const auto doubtful = pc.sensors.read(at(0.2));
  EXPECT_FALSE(doubtful.total_watts || doubtful.total_joules) << "neither is believed yet";
  EXPECT_NEAR(watts_of(doubtful, "psys").value_or(-1.0), 1.0, 1e-9) << "it is shown for what it is";
  draw(0.6);
  const auto reading = pc.sensors.read(at(0.6));
  EXPECT_EQ(pc.sensors.total_source(), "RAPL package");
  EXPECT_NEAR(reading.total_watts.value_or(-1.0), 40.0, 1e-9);
  EXPECT_NEAR(reading.total_joules.value_or(-1.0), 24.0, 1e-9) << "the doubtful time is made good";
  EXPECT_THAT(pc.said.texts, ElementsAre(HasSubstr("energy counter psys is not the total")));
  const auto status = status_of(pc.sensors, "psys");
  EXPECT_TRUE(status->is_present);
  EXPECT_FALSE(status->is_total);
  EXPECT_THAT(status->reason, HasSubstr("its parts counted 24.0 J"));
  EXPECT_TRUE(status_of(pc.sensors, "package-0")->is_total);
  EXPECT_TRUE(status_of(pc.sensors, "package-0")->reason.empty());
}

TEST(rapl, does_not_believe_a_package_below_its_cores) {
  sensed_tree pc("linux-intel-rapl");
  for (int i = 0; i <= 3; ++i) {
    pc.tree.write(psys, text(i * 500'000));
    pc.tree.write(package, text(52'000'000'000 + i * 1'000'000));
    pc.tree.write(intel + "intel-rapl:0/intel-rapl:0:0/energy_uj", text(21'000'000'000 + i * 30'000'000));
    pc.tree.write(intel + "intel-rapl:0/intel-rapl:0:1/energy_uj", text(900'000'000 + i * 5'000'000));
    pc.sensors.read(at(i));
  }
  EXPECT_EQ(pc.sensors.total_source(), "RAPL, sum of core, uncore");
  EXPECT_FALSE(status_of(pc.sensors, "package-0")->reason.empty());
  EXPECT_FALSE(status_of(pc.sensors, "dram")->is_total) << "not within the package";
  pc.tree.write(intel + "intel-rapl:0/intel-rapl:0:0/energy_uj", text(21'120'000'000));
  pc.tree.write(intel + "intel-rapl:0/intel-rapl:0:1/energy_uj", text(920'000'000));
  EXPECT_EQ(pc.sensors.read_power(at(4.0)).total_watts, 35.0) << "the cores are read although only power is asked";
}

// Some hypervisors show the tree with counters that never move.
TEST(rapl, of_counters_that_stand_still_is_absent_and_not_0) {
  sensed_tree pc("linux-amd-rapl");
  pc.sensors.read(at(0.0));
  const auto reading = pc.sensors.read(at(1.0));
  EXPECT_FALSE(reading.total_watts);
  EXPECT_FALSE(reading.total_joules);
}

TEST(rapl, bounds_a_zone_by_its_limits_but_not_by_a_low_one_that_may_not_be_in_force) {
  sysfs_tree tree("linux-intel-two-sockets");
  for (const char* file : {"constraint_0_power_limit_uw", "constraint_0_max_power_uw", "constraint_1_power_limit_uw"}) {
    tree.write(std::string("sys/class/powercap/intel-rapl:0/") + file, "5000000\n");
  }
  device::sensor_set sensors(device::detect(tree.root()));
  sensors.read(at(0.0));
  tree.write("sys/class/powercap/intel-rapl:0/energy_uj", text(70'100'000'000));
  EXPECT_EQ(watts_of(sensors.read(at(1.0)), "package (0)"), 100.0);
  tree.write("sys/class/powercap/intel-rapl:0/energy_uj", text(70'400'000'000));
  EXPECT_EQ(watts_of(sensors.read(at(2.0)), "package (0)"), std::nullopt);
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
  EXPECT_EQ(*after.total_joules, 25.0) << "what flowed meanwhile is counted by the package";
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

// A battery that discharged, on a driver without current_now, was answered with "unplug the mains adapter".
TEST(battery, that_does_not_tell_its_current_says_so) {
  sensed_tree laptop("linux-laptop-battery");
  const std::string battery = "sys/class/power_supply/BAT0/";
  laptop.tree.remove(battery + "current_now");
  EXPECT_FALSE(laptop.sensors.read(at(0.0)).total_watts);
  auto status = status_of(laptop.sensors, "BAT0");
  EXPECT_FALSE(status->is_present);
  EXPECT_THAT(status->reason, HasSubstr("current_now does not exist, and there is no power_now"));
  EXPECT_EQ(status->remedy, "") << "nothing can be done";
  laptop.tree.write(battery + "current_now", "junk\n");
  laptop.sensors.read(at(2.0));
  status = status_of(laptop.sensors, "BAT0");
  EXPECT_THAT(status->reason, HasSubstr("holds \"junk\""));
  EXPECT_THAT(status->remedy, HasSubstr("driver"));
  laptop.tree.write(battery + "current_now", "852000\n");
  laptop.tree.write(battery + "status", "Charging\n");
  laptop.sensors.read(at(4.0));
  status = status_of(laptop.sensors, "BAT0");
  EXPECT_THAT(status->reason, HasSubstr("its state is Charging"));
  EXPECT_THAT(status->remedy, HasSubstr("unplug the mains adapter"));
}

// Each of the two within what a battery can have, 4.5 kW together.
TEST(battery, refuses_a_power_that_no_battery_gives) {
  sensed_tree laptop("linux-laptop-battery");
  const std::string battery = "sys/class/power_supply/BAT0/";
  laptop.tree.write(battery + "current_now", "45000000\n");
  laptop.tree.write(battery + "voltage_now", "99000000\n");
  EXPECT_FALSE(laptop.sensors.read(at(0.0)).total_watts);
  EXPECT_THAT(status_of(laptop.sensors, "BAT0")->reason, HasSubstr("more than 500 W"));
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
