#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "device/frequency_control.hpp"
#include "tests/device/kernel_twin.hpp"
#include "tests/device/write_watch.hpp"
#include "tests/support/sysfs_tree.hpp"

/// What only some boards have: cores that come and go, the override clock of the Nano, PCs without a table.
namespace dvfo::device {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using tests::kernel_twin;
using tests::sysfs_tree;
using tests::write_watch;

constexpr const char* cpufreq = "sys/devices/system/cpu/cpufreq/";

std::string limits(const sysfs_tree& tree, const std::string& policy) {
  return tree.read(cpufreq + policy + "/scaling_min_freq") + tree.read(cpufreq + policy + "/scaling_max_freq");
}

TEST(tx2, a_cluster_without_cores_online_is_no_failure) {
  const sysfs_tree tree("jetson-tx2-jp4");
  kernel_twin kernel(tree.root());
  tree.write("sys/devices/system/cpu/cpufreq/policy1/affected_cpus", "\n");  // Denver, off in the default mode
  tree.remove("sys/devices/system/cpu/cpufreq/policy1/scaling_max_freq");
  frequency_control control(detect(tree.root()), kernel.options());
  EXPECT_THAT(control.capability(knob::cpu).where, HasSubstr("policy{0}"));
  EXPECT_EQ(control.apply({.cpu_hz = 960e6}).cpu.status, apply_status::exact);
  EXPECT_THAT(kernel.notices, IsEmpty());
}

TEST(tx2, a_cluster_that_comes_online_later_is_pinned_and_restored_too) {
  const sysfs_tree tree("jetson-tx2-jp4");
  kernel_twin kernel(tree.root());
  tree.write(cpufreq + std::string("policy1/affected_cpus"), "1 2\n");
  std::filesystem::rename(tree / (cpufreq + std::string("policy1")), tree / "hidden");
  frequency_control control(detect(tree.root()), kernel.options());
  control.apply({.cpu_hz = 960e6});
  std::filesystem::rename(tree / "hidden", tree / (cpufreq + std::string("policy1")));
  EXPECT_EQ(control.apply({.cpu_hz = 960e6}).cpu.status, apply_status::exact);
  EXPECT_EQ(limits(tree, "policy1"), "960000\n960000\n");
  // And goes again, with its state to be put back when it is there.
  std::filesystem::rename(tree / (cpufreq + std::string("policy0")), tree / "hidden");
  EXPECT_EQ(control.apply({.cpu_hz = 1420.8e6}).cpu.status, apply_status::exact);
  std::filesystem::rename(tree / "hidden", tree / (cpufreq + std::string("policy0")));
  control.restore();
  EXPECT_EQ(limits(tree, "policy0"), "345600\n2035200\n");
  EXPECT_EQ(limits(tree, "policy1"), "345600\n2035200\n");
  EXPECT_THAT(kernel.notices, IsEmpty());
}

TEST(tx2, clusters_with_limits_of_their_own_run_at_their_own) {
  // MAXP_CORE_DENVER: the A57 cluster at its lowest, Denver free.
  const sysfs_tree tree("jetson-tx2-jp4");
  kernel_twin kernel(tree.root());
  tree.write(cpufreq + std::string("policy0/scaling_max_freq"), "345600\n");
  tree.write(cpufreq + std::string("policy1/affected_cpus"), "1 2\n");
  kernel.react();
  frequency_control control(detect(tree.root()), kernel.options());
  EXPECT_EQ(control.capability(knob::cpu).cap_hz, std::nullopt);
  const applied_knob applied = control.apply({.cpu_hz = 2035.2e6}).cpu;
  EXPECT_EQ(applied.effective_hz, 2035.2e6);
  EXPECT_EQ(applied.status, apply_status::clamped);  // not on every cluster
  EXPECT_EQ(limits(tree, "policy0"), "345600\n345600\n");
}

TEST(tx2, an_older_kernels_gpu_table_goes_before_the_documented_one) {
  const sysfs_tree tree("jetson-tx2-jp4");
  const std::string gpu = "sys/class/devfreq/17000000.gp10b/";
  tree.write(gpu + "available_frequencies", "140250000 828750000 1134750000 1300500000\n");
  tree.write(gpu + "max_freq", "1300500000\n");
  kernel_twin kernel(tree.root());
  frequency_control control(detect(tree.root()), kernel.options());
  EXPECT_EQ(control.capability(knob::gpu).points, (std::vector<double>{140.25e6, 828.75e6, 1134.75e6, 1300.5e6}));
  EXPECT_EQ(control.apply({.gpu_hz = 854.25e6}).gpu.effective_hz, 828.75e6);
}

TEST(nano, memory_is_overridden_by_rate_then_state_and_released) {
  const sysfs_tree tree("jetson-nano-jp4");
  kernel_twin kernel(tree.root());
  frequency_control control(detect(tree.root()), kernel.options());
  EXPECT_EQ(control.capability(knob::memory).points, (std::vector<double>{204e6, 1600e6}));
  const std::string emc = "sys/kernel/debug/clk/override.emc/";
  const write_watch watch(tree / emc);
  const applied_knob applied = control.apply({.memory_hz = 204e6}).memory;
  EXPECT_EQ(applied.status, apply_status::exact);
  EXPECT_THAT(watch.names(), ElementsAre("clk_update_rate", "clk_state", "clk_rate"));
  EXPECT_EQ(tree.read(emc + "clk_state"), "1\n");
  control.restore();
  EXPECT_THAT(watch.names(), ElementsAre("clk_update_rate", "clk_state"));
  EXPECT_EQ(tree.read(emc + "clk_state"), "0\n");
}

TEST(nano, memory_that_somebody_else_held_stays_held_as_it_was) {
  const sysfs_tree tree("jetson-nano-jp4");
  const std::string emc = "sys/kernel/debug/clk/override.emc/";
  tree.write(emc + "clk_state", "1\n");
  kernel_twin kernel(tree.root());
  frequency_control control(detect(tree.root()), kernel.options());
  control.apply({.memory_hz = 204e6});
  control.restore();
  EXPECT_EQ(tree.read(emc + "clk_state"), "1\n");
  EXPECT_EQ(tree.read(emc + "clk_update_rate"), "1600000000\n");
}

TEST(orin, the_cap_file_of_jetpack_6_is_read) {
  const sysfs_tree tree("jetson-orin-nx-jp6");
  tree.write("sys/kernel/nvpmodel_clk_cap/emc", "2133000000\n");
  kernel_twin kernel(tree.root());
  frequency_control control(detect(tree.root()), kernel.options());
  EXPECT_EQ(control.capability(knob::memory).cap_hz, 2133e6);
  EXPECT_EQ(control.apply({.memory_hz = 3199e6}).memory.effective_hz, 2133e6);
}

TEST(orin, the_renamed_gpu_is_found_and_the_image_compositor_is_not) {
  const sysfs_tree older("jetson-agx-orin-jp5");
  const sysfs_tree newer("jetson-agx-orin-jp6");
  EXPECT_THAT(frequency_control(detect(older.root())).capability(knob::gpu).where, HasSubstr("17000000.ga10b"));
  EXPECT_THAT(frequency_control(detect(newer.root())).capability(knob::gpu).where, HasSubstr("17000000.gpu"));
}

TEST(linux_machine, a_driver_without_a_table_gets_steps_between_its_ends) {
  const sysfs_tree tree("linux-intel-rapl");
  kernel_twin kernel(tree.root());
  frequency_control control(detect(tree.root()), kernel.options());
  const knob_capability& capability = control.capability(knob::cpu);
  ASSERT_EQ(capability.points.size(), 39U);  // 400 MHz, 500 MHz … 4200 MHz
  EXPECT_EQ(capability.points.front(), 400e6);
  EXPECT_EQ(capability.points.at(1), 500e6);
  EXPECT_EQ(capability.points.back(), 4200e6);
  // What a core did lately is not what it is held at: no wait, no false alarm.
  const applied_knob applied = control.apply({.cpu_hz = 3000e6}).cpu;
  EXPECT_EQ(applied.status, apply_status::exact);
  EXPECT_EQ(kernel.waited.count(), 0);
  for (const knob which : {knob::gpu, knob::memory}) {
    EXPECT_FALSE(control.capability(which).is_present);
    EXPECT_FALSE(control.capability(which).reason.empty());
    EXPECT_EQ(control.apply({1e9, 1e9, 1e9})[which].status, apply_status::absent);
  }
}

TEST(linux_machine, a_limit_of_the_bios_is_a_cap) {
  const sysfs_tree tree("linux-intel-rapl");
  for (const char* policy : {"policy0", "policy1", "policy2", "policy3"}) {
    tree.write(std::string(cpufreq) + policy + "/bios_limit", "2000000\n");
  }
  frequency_control control(detect(tree.root()), {});
  EXPECT_EQ(control.capability(knob::cpu).cap_hz, 2000e6);
  EXPECT_EQ(control.apply({.cpu_hz = 4e9}).cpu.effective_hz, 2000e6);
}

// cpuinfo_min_freq of 0 was answered with: holds "", expected were numbers.
TEST(linux_machine, an_end_of_the_range_that_is_no_frequency_is_quoted) {
  const sysfs_tree tree("linux-intel-rapl");
  for (const char* policy : {"policy0", "policy1", "policy2", "policy3"}) {
    tree.write(std::string(cpufreq) + policy + "/cpuinfo_min_freq", "0\n");
  }
  const frequency_control control(detect(tree.root()), {});
  EXPECT_FALSE(control.capability(knob::cpu).is_present);
  EXPECT_THAT(control.capability(knob::cpu).reason,
              HasSubstr("cpuinfo_min_freq holds \"0\", expected was a frequency above 0"));
  // One policy that tells is enough.
  tree.write(std::string(cpufreq) + "policy2/cpuinfo_min_freq", "400000\n");
  EXPECT_TRUE(frequency_control(detect(tree.root()), {}).capability(knob::cpu).is_present);
}

TEST(linux_machine, a_virtual_machine_without_cpufreq_says_so) {
  const sysfs_tree tree("linux-intel-rapl");
  tree.remove("sys/devices/system/cpu/cpufreq");
  frequency_control control(detect(tree.root()), {});
  EXPECT_FALSE(control.capability(knob::cpu).is_present);
  EXPECT_THAT(control.capability(knob::cpu).reason, HasSubstr("cpufreq"));
  EXPECT_FALSE(control.apply({1e9, 1e9, 1e9}).effective().any());
}

}  // namespace
}  // namespace dvfo::device
