#include "device/frequency_control.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "device/error.hpp"
#include "tests/device/write_watch.hpp"
#include "tests/device/xavier_nx.hpp"
#include "tests/support/sysfs_tree.hpp"

namespace dvfo::device {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using tests::emc;
using tests::nx_gpu;
using tests::policy0;
using tests::sysfs_tree;
using tests::write_watch;
using tests::xavier_nx;

TEST_F(xavier_nx, every_policy_is_pinned_and_reads_back) {
  frequency_control control = open();
  const applied_clocks applied = control.apply({1420.8e6, 803.25e6, 1331.2e6});
  for (const knob which : all_knobs) {
    EXPECT_EQ(applied[which].status, apply_status::exact) << to_string(which);
    EXPECT_EQ(applied[which].effective_hz, applied[which].asked_hz) << to_string(which);
  }
  for (const char* policy : {"policy0", "policy2", "policy4"}) {
    const std::string base = std::string("sys/devices/system/cpu/cpufreq/") + policy + "/";
    EXPECT_EQ(tree_.read(base + "scaling_min_freq"), "1420800\n");
    EXPECT_EQ(tree_.read(base + "scaling_max_freq"), "1420800\n");
    EXPECT_EQ(tree_.read(base + "scaling_governor"), "schedutil\n");
  }
  EXPECT_EQ(tree_.read(std::string(nx_gpu) + "min_freq"), "803250000\n");
  EXPECT_EQ(tree_.read(std::string(nx_gpu) + "device/railgate_enable"), "0\n");
  EXPECT_EQ(tree_.read(std::string(emc) + "rate"), "1331200000\n");
  EXPECT_EQ(tree_.read(std::string(emc) + "mrq_rate_locked"), "1\n");
  EXPECT_EQ(control.current(), (clocks{1420.8e6, 803.25e6, 1331.2e6}));
  EXPECT_THAT(kernel_.notices, IsEmpty());
}

TEST_F(xavier_nx, limits_are_written_so_that_they_never_cross) {
  frequency_control control = open();
  control.apply({.cpu_hz = 1907.2e6});
  const write_watch watch(tree_ / policy0);
  control.apply({.cpu_hz = 115.2e6});
  EXPECT_THAT(watch.names(),
              ElementsAre("scaling_min_freq", "scaling_max_freq", "scaling_min_freq", "scaling_cur_freq"));
  control.apply({.cpu_hz = 1190.4e6});
  EXPECT_THAT(watch.names(),
              ElementsAre("scaling_min_freq", "scaling_max_freq", "scaling_min_freq", "scaling_cur_freq"));
}

TEST_F(xavier_nx, nothing_is_written_or_waited_for_when_nothing_changed) {
  frequency_control control = open();
  const clocks order{1420.8e6, 803.25e6, 1331.2e6};
  control.apply(order);
  const write_watch cpu_files(tree_ / policy0);
  const write_watch gpu_files(tree_ / nx_gpu);
  const write_watch memory_files(tree_ / emc);
  const auto waited = kernel_.waited;
  const applied_clocks again = control.apply(order);
  EXPECT_EQ(again.effective(), order);
  EXPECT_EQ(again.cpu.status, apply_status::exact);
  EXPECT_EQ(again.cpu.settle_seconds, 0.0);
  EXPECT_EQ(kernel_.waited, waited);
  EXPECT_THAT(cpu_files.names(), IsEmpty());
  EXPECT_THAT(gpu_files.names(), IsEmpty());
  EXPECT_THAT(memory_files.names(), IsEmpty());
}

TEST_F(xavier_nx, what_the_order_does_not_name_is_left_alone) {
  frequency_control control = open();
  const write_watch gpu_files(tree_ / nx_gpu);
  const write_watch memory_files(tree_ / emc);
  const applied_clocks applied = control.apply({.cpu_hz = 729.6e6});
  EXPECT_EQ(applied.gpu.status, apply_status::absent);
  EXPECT_EQ(applied.gpu.asked_hz, std::nullopt);
  EXPECT_EQ(applied.memory.status, apply_status::absent);
  EXPECT_THAT(gpu_files.names(), IsEmpty());
  EXPECT_THAT(memory_files.names(), IsEmpty());
}

TEST_F(xavier_nx, between_two_points_the_nearest_is_taken_and_said) {
  frequency_control control = open();
  const applied_clocks applied = control.apply({1e9, 5e9, 1e6});
  EXPECT_EQ(applied.cpu.status, apply_status::snapped);
  EXPECT_EQ(applied.cpu.effective_hz, 1036.8e6);
  EXPECT_EQ(applied.gpu.status, apply_status::snapped);
  EXPECT_EQ(applied.gpu.effective_hz, 1109.25e6);
  EXPECT_EQ(applied.memory.status, apply_status::snapped);
  EXPECT_EQ(applied.memory.effective_hz, 204e6);
}

TEST_F(xavier_nx, the_memory_cap_of_the_power_mode_is_respected_and_followed) {
  tree_.write("sys/kernel/nvpmodel_emc_cap/emc_iso_cap", "1600000000\n");
  frequency_control control = open();
  EXPECT_EQ(control.capability(knob::memory).cap_hz, 1600e6);
  const applied_clocks capped = control.apply({.memory_hz = 1866e6});
  EXPECT_EQ(capped.memory.status, apply_status::clamped);
  EXPECT_EQ(capped.memory.effective_hz, 1600e6);
  EXPECT_EQ(tree_.read(std::string(emc) + "rate"), "1600000000\n");
  tree_.write("sys/kernel/nvpmodel_emc_cap/emc_iso_cap", "-1\n");
  EXPECT_EQ(control.apply({.memory_hz = 1866e6}).memory.status, apply_status::exact);
  EXPECT_EQ(control.capability(knob::memory).cap_hz, std::nullopt);
}

TEST_F(xavier_nx, limits_of_the_power_mode_are_not_exceeded) {
  for (const char* policy : {"policy0", "policy2", "policy4"}) {
    tree_.write(std::string("sys/devices/system/cpu/cpufreq/") + policy + "/scaling_max_freq", "1420800\n");
  }
  frequency_control control = open();
  EXPECT_EQ(control.capability(knob::cpu).cap_hz, 1420.8e6);
  const applied_clocks applied = control.apply({.cpu_hz = 1907.2e6});
  EXPECT_EQ(applied.cpu.status, apply_status::clamped);
  EXPECT_EQ(applied.cpu.effective_hz, 1420.8e6);
}

TEST_F(xavier_nx, a_new_power_mode_brings_its_own_limits_and_is_what_is_restored) {
  frequency_control control = open();
  control.apply({1907.2e6, 1109.25e6, {}});
  // `nvpmodel -m 4` (10 W, 4 cores) as it writes: limits, then its status.
  for (const char* policy : {"policy0", "policy2", "policy4"}) {
    const std::string base = std::string("sys/devices/system/cpu/cpufreq/") + policy + "/";
    tree_.write(base + "scaling_min_freq", "1190400\n");
    tree_.write(base + "scaling_max_freq", "1190400\n");
  }
  tree_.write(std::string(nx_gpu) + "max_freq", "803250000\n");
  tree_.write(std::string(nx_gpu) + "min_freq", "114750000\n");
  tree_.write("var/lib/nvpmodel/status", "pmode:0004 fmode:quiet\n");
  const applied_clocks applied = control.apply({1907.2e6, 1109.25e6, {}});
  EXPECT_EQ(applied.cpu.status, apply_status::clamped);
  EXPECT_EQ(applied.cpu.effective_hz, 1190.4e6);
  EXPECT_EQ(applied.gpu.effective_hz, 803.25e6);
  control.restore();
  EXPECT_EQ(cpu("scaling_max_freq"), "1190400\n");
  EXPECT_EQ(cpu("scaling_min_freq"), "1190400\n");
  EXPECT_EQ(tree_.read(std::string(nx_gpu) + "max_freq"), "803250000\n");
  EXPECT_EQ(tree_.read(std::string(nx_gpu) + "min_freq"), "114750000\n");
  EXPECT_EQ(tree_.read(std::string(nx_gpu) + "device/railgate_enable"), "1\n");
}

TEST_F(xavier_nx, what_another_client_overwrote_is_written_again) {
  frequency_control control = open();
  const clocks order{1420.8e6, 803.25e6, 1331.2e6};
  control.apply(order);
  tree_.write(policy0 + std::string("scaling_max_freq"), "729600\n");
  tree_.write(policy0 + std::string("scaling_min_freq"), "115200\n");
  tree_.write(std::string(nx_gpu) + "min_freq", "114750000\n");
  tree_.write(std::string(nx_gpu) + "device/railgate_enable", "1\n");
  tree_.write(std::string(emc) + "mrq_rate_locked", "0\n");
  tree_.write(std::string(emc) + "rate", "204000000\n");
  kernel_.react();
  const applied_clocks applied = control.apply(order);
  EXPECT_EQ(applied.effective(), order);
  EXPECT_EQ(cpu("scaling_max_freq"), "1420800\n");
  EXPECT_EQ(tree_.read(std::string(nx_gpu) + "min_freq"), "803250000\n");
  EXPECT_EQ(tree_.read(std::string(nx_gpu) + "device/railgate_enable"), "0\n");
  EXPECT_EQ(tree_.read(std::string(emc) + "mrq_rate_locked"), "1\n");
  EXPECT_EQ(tree_.read(std::string(emc) + "rate"), "1331200000\n");
}

TEST_F(xavier_nx, a_cpu_held_below_its_limits_is_clamped) {
  frequency_control control = open();
  kernel_.cpu_ceiling = 1190400;
  const applied_clocks applied = control.apply({.cpu_hz = 1907.2e6});
  EXPECT_EQ(applied.cpu.status, apply_status::clamped);
  EXPECT_EQ(applied.cpu.effective_hz, 1190.4e6);
  EXPECT_NEAR(applied.cpu.settle_seconds, 0.020, 1e-9);
}

TEST_F(xavier_nx, the_wait_ends_when_the_last_clock_has_settled) {
  frequency_control control = open();
  const applied_clocks applied = control.apply({1190.4e6, 204e6, 1331.2e6});
  EXPECT_NEAR(applied.cpu.settle_seconds, 0.0005, 1e-9);
  EXPECT_NEAR(applied.gpu.settle_seconds, 0.0005, 1e-9);
  // One file takes the order and shows the clock: it is believed after the time that a clock needs.
  EXPECT_NEAR(applied.memory.settle_seconds, 0.010, 1e-9);
  EXPECT_EQ(kernel_.waited, std::chrono::milliseconds(10));
  control.apply({.gpu_hz = 306e6});
  EXPECT_EQ(kernel_.waited, std::chrono::microseconds(10500));
}

TEST_F(xavier_nx, a_measured_clock_may_be_a_little_off) {
  frequency_control control = open();
  kernel_.meanwhile = [this] {
    for (const char* policy : {"policy0", "policy2", "policy4"}) {
      tree_.write(std::string("sys/devices/system/cpu/cpufreq/") + policy + "/scaling_cur_freq", "1418112\n");
    }
  };
  const applied_clocks applied = control.apply({.cpu_hz = 1420.8e6});
  EXPECT_EQ(applied.cpu.status, apply_status::exact);
  EXPECT_EQ(applied.cpu.effective_hz, 1420.8e6);
}

TEST_F(xavier_nx, an_order_that_is_no_frequency_is_the_callers_error) {
  frequency_control control = open();
  const auto before = tree_.content();
  for (const double hz : {0.0, -1.0, std::nan(""), HUGE_VAL}) {
    EXPECT_THROW(control.apply({.cpu_hz = 1e9, .gpu_hz = hz}), error) << hz;
  }
  EXPECT_EQ(tree_.content(), before);
}

TEST_F(xavier_nx, moving_keeps_the_clocks_and_replacing_restores_them) {
  const auto before = tree_.content();
  frequency_control first = open();
  first.apply({.cpu_hz = 729.6e6});
  frequency_control second = std::move(first);
  EXPECT_EQ(cpu("scaling_max_freq"), "729600\n");
  const sysfs_tree other("jetson-nano-jp4");
  second = frequency_control(detect(other.root()), {});
  kernel_.react();
  EXPECT_EQ(cpu("scaling_max_freq"), "1907200\n");
  EXPECT_FALSE(std::filesystem::exists(state_file()));
}

TEST_F(xavier_nx, two_of_them_do_not_hold_one_board) {
  const frequency_control first = open();
  EXPECT_THROW(open(), error);
}

}  // namespace
}  // namespace dvfo::device
