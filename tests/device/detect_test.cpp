#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "device/error.hpp"
#include "device/identity.hpp"
#include "device/knob_survey.hpp"
#include "device/sensors.hpp"
#include "tests/device/kernel_twin.hpp"
#include "tests/support/sysfs_tree.hpp"

namespace dvfo::device {
namespace {

using ::testing::HasSubstr;
using tests::sysfs_tree;
using tests::temporary_folder;
using tests::write_file;

/// "jetson-tx2-jp4" → "jetson-tx2" and 4; "linux-…" → "linux" and 0.
std::string board_of(const std::string& tree) {
  return tree.starts_with("linux") ? "linux" : tree.substr(0, tree.rfind("-jp"));
}
int jetpack_of(const std::string& tree) {
  return tree.starts_with("linux") ? 0 : std::stoi(tree.substr(tree.size() - 1));
}

class recorded_tree : public ::testing::TestWithParam<std::string> {};

TEST_P(recorded_tree, is_recognised) {
  const sysfs_tree tree(GetParam());
  const board_identity board = detect(tree.root());
  ASSERT_NE(board.profile, nullptr);
  EXPECT_EQ(board.profile->name, board_of(GetParam()));
  EXPECT_EQ(board.jetpack, jetpack_of(GetParam()));
  EXPECT_FALSE(board.evidence.empty());
}

INSTANTIATE_TEST_SUITE_P(all, recorded_tree, ::testing::ValuesIn(tests::recorded_trees()), tests::tree_name);

TEST(detect, every_board_of_the_catalogue_has_a_recorded_tree) {
  for (const board_profile& board : board_catalogue()) {
    const auto trees = tests::recorded_trees();
    EXPECT_TRUE(std::any_of(trees.begin(), trees.end(), [&](const auto& tree) { return board_of(tree) == board.name; }))
        << board.name;
  }
}

TEST(detect, a_name_goes_before_the_device_tree_but_jetpack_is_still_read) {
  const sysfs_tree tree("jetson-nano-jp4");
  const board_identity board = detect(tree.root(), "jetson-tx2");
  EXPECT_EQ(board.profile->name, "jetson-tx2");
  EXPECT_EQ(board.jetpack, 4);
  EXPECT_THAT(board.evidence, HasSubstr("named"));
}

TEST(detect, an_unknown_name_is_answered_with_the_known_ones) {
  const sysfs_tree tree("jetson-nano-jp4");
  try {
    detect(tree.root(), "jetson-banano");
    FAIL() << "accepted";
  } catch (const error& problem) {
    EXPECT_EQ(problem.code(), errc::unknown_board);
    EXPECT_THAT(problem.what(), HasSubstr("jetson-banano"));
    for (const board_profile& board : board_catalogue()) EXPECT_THAT(problem.what(), HasSubstr(board.name));
  }
}

// Trees that users copy hold links that lead nowhere or in circles, folders for files and pipes.
TEST(detect, and_all_that_looks_at_a_tree_bear_links_that_loop) {
  const sysfs_tree tree("linux-intel-rapl");
  for (const char* folder : {"sys/class/thermal", "sys/class/hwmon", "sys/class/powercap", "sys/class/power_supply",
                             "sys/class/devfreq", "sys/devices/system/cpu/cpufreq", "sys/bus/i2c/drivers/ina3221"}) {
    std::filesystem::create_directories(tree / folder);
    for (const char* name : {"thermal_zone7", "hwmon9", "intel-rapl:7", "BAT7", "policy7", "1-0040"}) {
      std::filesystem::create_symlink(name, tree / folder / name);
    }
    std::filesystem::create_symlink("nowhere", tree / folder / "thermal_zone8");
    std::filesystem::create_symlink("..", tree / folder / "hwmon8");
  }
  tree.remove("proc/stat");
  std::filesystem::create_symlink("stat", tree / "proc/stat");
  const board_identity board = detect(tree.root());
  sensor_set sensors(board);
  EXPECT_EQ(sensors.read({}).now.cpu_hz, 2.4e9);
  EXPECT_EQ(die_celsius(sensors.read({}).temperatures), 51.0);
  EXPECT_TRUE(survey_knobs(board).front().is_present);
  for (const board_profile& other : board_catalogue()) {
    EXPECT_FALSE(sensor_set(detect(tree.root(), other.name)).status().empty());
  }
}

TEST(detect, a_folder_without_sys_is_no_board) {
  const temporary_folder folder;
  EXPECT_THROW(detect(folder.path()), error);
  EXPECT_THROW(detect(folder.path(), "linux"), error);
}

TEST(detect, the_module_number_goes_before_the_product_name) {
  // Orin Nano modules sit on kits whose model text says Orin NX.
  const sysfs_tree tree("jetson-orin-nano-jp6");
  tree.write("proc/device-tree/model", std::string("NVIDIA Jetson Orin NX Engineering Reference Developer Kit") + '\0');
  EXPECT_EQ(detect(tree.root()).profile->name, "jetson-orin-nano");
}

TEST(detect, the_model_decides_on_a_carrier_with_its_own_compatible) {
  const sysfs_tree tree("jetson-agx-orin-jp5");
  tree.write("proc/device-tree/compatible", std::string_view("acme,box\0nvidia,tegra234\0", 25));
  EXPECT_EQ(detect(tree.root()).profile->name, "jetson-agx-orin");
}

TEST(detect, an_unknown_tegra_is_a_plain_linux_and_says_what_it_is) {
  const temporary_folder folder;
  write_file(folder.path() / "proc/device-tree/compatible", std::string_view("nvidia,p3834\0nvidia,tegra264\0", 29));
  std::filesystem::create_directories(folder.path() / "sys");
  const board_identity board = detect(folder.path());
  EXPECT_EQ(board.profile->name, "linux");
  EXPECT_THAT(board.evidence, HasSubstr("tegra264"));
}

TEST(detect, the_firmware_tree_is_read_where_proc_has_none) {
  const temporary_folder folder;
  write_file(folder.path() / "sys/firmware/devicetree/base/compatible",
             std::string_view("nvidia,p3509-0000+p3668-0001\0nvidia,tegra194\0", 45));
  EXPECT_EQ(detect(folder.path()).profile->name, "jetson-xavier-nx");
}

TEST(detect, without_a_release_file_the_kernel_tells_the_jetpack) {
  const sysfs_tree tree("jetson-orin-nx-jp6");
  tree.remove("etc/nv_tegra_release");
  EXPECT_EQ(detect(tree.root()).jetpack, 0);
  tree.write("proc/sys/kernel/osrelease", "5.15.148-tegra\n");
  EXPECT_EQ(detect(tree.root()).jetpack, 6);
  tree.write("proc/sys/kernel/osrelease", "5.15.0-91-generic\n");
  EXPECT_EQ(detect(tree.root()).jetpack, 0);
}

TEST(catalogue, points_ascend_and_modes_stay_below_the_tables) {
  for (const board_profile& board : board_catalogue()) {
    SCOPED_TRACE(board.name);
    EXPECT_FALSE(board.title.empty());
    for (const knob which : all_knobs) {
      const std::vector<double>& points = operating_points(board, which);
      EXPECT_EQ(points.empty(), board.chip == soc::other) << to_string(which);
      EXPECT_TRUE(std::is_sorted(points.begin(), points.end(), std::less_equal<>())) << to_string(which);
      for (const power_mode& mode : board.modes) {
        EXPECT_LE(mode.limits[which].value_or(0.0), points.empty() ? 0.0 : points.back()) << mode.name;
      }
    }
    EXPECT_EQ(board.total == total_rule::one_rail, !board.total_rail.empty());
    EXPECT_TRUE(board.total_rail.empty() || std::count(board.rails.begin(), board.rails.end(), board.total_rail) == 1);
    EXPECT_EQ(board.max_power_watts > 0.0, board.chip != soc::other);
  }
}

TEST(catalogue, tables_have_the_documented_sizes_and_ends) {
  const board_profile& nx = find_board("jetson-xavier-nx");
  EXPECT_EQ(nx.cpu_hz.size(), 25U);
  EXPECT_EQ(nx.cpu_hz.front(), 115.2e6);
  EXPECT_EQ(nx.cpu_hz.back(), 1907.2e6);
  EXPECT_EQ(nx.gpu_hz.size(), 15U);
  EXPECT_EQ(nx.gpu_hz.at(5), 599.25e6);
  const board_profile& tx2 = find_board("jetson-tx2");
  EXPECT_EQ(tx2.cpu_hz.size(), 12U);
  EXPECT_EQ(tx2.cpu_hz.back(), 2035.2e6);
  EXPECT_EQ(tx2.gpu_hz.size(), 13U);
  EXPECT_EQ(tx2.memory_hz.size(), 11U);
  EXPECT_EQ(tx2.memory_hz.front(), 40.8e6);
  const board_profile& nano = find_board("jetson-nano");
  EXPECT_EQ(nano.cpu_hz.size(), 15U);
  EXPECT_EQ(nano.gpu_hz.size(), 12U);
  EXPECT_EQ(nano.memory_hz, (std::vector<double>{204e6, 1600e6}));
  EXPECT_EQ(find_board("jetson-agx-xavier").cpu_hz.size(), 29U);
  EXPECT_EQ(find_board("jetson-agx-xavier").gpu_hz.size(), 14U);
  EXPECT_EQ(find_board("jetson-agx-orin").gpu_hz.size(), 11U);
  EXPECT_EQ(find_board("jetson-agx-orin").cpu_hz.back(), 2201.6e6);
}

/// The documented lists are for when the kernel lists nothing: where it does (a recorded tree), both agree.
TEST(catalogue, tables_agree_with_what_the_newest_recorded_kernel_lists) {
  for (const std::string name : {"jetson-nano-jp4", "jetson-tx2-jp4", "jetson-xavier-nx-jp5", "jetson-agx-xavier-jp5",
                                 "jetson-orin-nano-jp6", "jetson-agx-orin-jp6"}) {
    SCOPED_TRACE(name);
    const sysfs_tree tree(name);
    const auto listed = read_integers(tree / "sys/devices/system/cpu/cpufreq/policy0/scaling_available_frequencies");
    ASSERT_TRUE(listed);
    const std::vector<double>& points = detect(tree.root()).profile->cpu_hz;
    ASSERT_EQ(listed->size(), points.size());
    for (std::size_t i = 0; i < points.size(); ++i)
      EXPECT_DOUBLE_EQ(points[i], 1e3 * static_cast<double>((*listed)[i]));
  }
}

TEST(nearest_point, takes_the_lower_of_two_equally_near) {
  const std::vector<double> points{100, 200, 400};
  EXPECT_EQ(nearest_point(points, 1), 100);
  EXPECT_EQ(nearest_point(points, 150), 100);
  EXPECT_EQ(nearest_point(points, 151), 200);
  EXPECT_EQ(nearest_point(points, 300), 200);
  EXPECT_EQ(nearest_point(points, 400), 400);
  EXPECT_EQ(nearest_point(points, 9e9), 400);
}

}  // namespace
}  // namespace dvfo::device
