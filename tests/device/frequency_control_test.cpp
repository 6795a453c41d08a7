#include "device/frequency_control.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <string>

#include "device/error.hpp"
#include "tests/device/kernel_twin.hpp"
#include "tests/device/write_watch.hpp"
#include "tests/support/sysfs_tree.hpp"

namespace dvfo::device {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using tests::kernel_twin;
using tests::sysfs_tree;
using tests::temporary_folder;
using tests::write_watch;

constexpr const char* policy0 = "sys/devices/system/cpu/cpufreq/policy0/";
constexpr const char* emc = "sys/kernel/debug/bpmp/debug/clk/emc/";
constexpr const char* nx_gpu = "sys/class/devfreq/17000000.gv11b/";

/// A recorded Xavier NX in mode 8 (20 W, 6 cores) without limits, with its kernel.
class xavier_nx : public ::testing::Test {
 protected:
  xavier_nx() : tree_("jetson-xavier-nx-jp5"), kernel_(tree_.root()) {
    for (const char* policy : {"policy0", "policy2", "policy4"}) {
      tree_.write(std::string("sys/devices/system/cpu/cpufreq/") + policy + "/scaling_max_freq", "1907200\n");
    }
    tree_.write("sys/kernel/nvpmodel_emc_cap/emc_iso_cap", "0\n");
  }
  frequency_control open() { return {detect(tree_.root()), kernel_.options(state_file())}; }
  [[nodiscard]] std::filesystem::path state_file() const { return folder_.path() / "clocks"; }
  [[nodiscard]] std::string cpu(const char* file) const { return tree_.read(policy0 + std::string(file)); }

  /// Makes a file such that opening it for writing works and every write fails with ENOSPC.
  void break_file(const std::string& path) const {
    tree_.remove(path);
    std::filesystem::create_symlink("/dev/full", tree_ / path);
  }

  sysfs_tree tree_;
  kernel_twin kernel_;
  temporary_folder folder_;
};

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
  write_watch watch(tree_ / policy0);
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
  write_watch cpu_files(tree_ / policy0);
  write_watch gpu_files(tree_ / nx_gpu);
  write_watch memory_files(tree_ / emc);
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
  write_watch gpu_files(tree_ / nx_gpu);
  write_watch memory_files(tree_ / emc);
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

TEST_F(xavier_nx, a_firmware_that_silently_clamps_is_found_out_and_said_once) {
  frequency_control control = open();
  kernel_.memory_ceiling = 1331200000;
  const applied_clocks applied = control.apply({.memory_hz = 1866e6});
  EXPECT_EQ(applied.memory.status, apply_status::clamped);
  EXPECT_EQ(applied.memory.effective_hz, 1331.2e6);
  EXPECT_EQ(control.capability(knob::memory).cap_hz, 1331.2e6);
  EXPECT_THAT(kernel_.notices, ElementsAre(HasSubstr("held at 1331.2 MHz")));
  // The same order again costs no wait, and works as soon as the firmware lets it.
  const auto waited = kernel_.waited;
  kernel_.react();
  control.apply({.memory_hz = 1866e6});
  EXPECT_EQ(kernel_.waited, waited);
  kernel_.memory_ceiling.reset();
  EXPECT_EQ(control.apply({.memory_hz = 1866e6}).memory.status, apply_status::exact);
  EXPECT_THAT(kernel_.notices, SizeIs(1));
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
  const applied_clocks applied = control.apply({1190.4e6, 803.25e6, 1331.2e6});
  EXPECT_EQ(applied.memory.settle_seconds, 0.0);  // reads back at once
  EXPECT_NEAR(applied.gpu.settle_seconds, 0.0005, 1e-9);
  EXPECT_EQ(kernel_.waited, std::chrono::microseconds(500));
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

TEST_F(xavier_nx, read_only_files_are_a_capability_without_permission) {
  const std::string file = policy0 + std::string("scaling_max_freq");
  ASSERT_EQ(chmod((tree_ / file).c_str(), 0444), 0);
  frequency_control control = open();
  const knob_capability& capability = control.capability(knob::cpu);
  EXPECT_TRUE(capability.is_present);
  EXPECT_FALSE(capability.is_writable);
  EXPECT_THAT(capability.reason, HasSubstr("policy0/scaling_max_freq"));
  EXPECT_THAT(capability.remedy, HasSubstr("root"));
  const auto before = tree_.content();
  for (int i = 0; i < 5; ++i) {
    const applied_clocks applied = control.apply({.cpu_hz = 729.6e6});
    EXPECT_EQ(applied.cpu.status, apply_status::refused);
    EXPECT_EQ(applied.cpu.effective_hz, control.current().cpu_hz);
  }
  EXPECT_EQ(tree_.content(), before);
  EXPECT_THAT(kernel_.notices, ElementsAre(HasSubstr("scaling_max_freq")));
  EXPECT_EQ(control.apply({.gpu_hz = 803.25e6}).gpu.status, apply_status::exact);
}

TEST_F(xavier_nx, permission_that_is_taken_away_later_is_noticed_once) {
  frequency_control control = open();
  control.apply({.gpu_hz = 803.25e6});
  ASSERT_EQ(chmod((tree_ / (std::string(nx_gpu) + "max_freq")).c_str(), 0444), 0);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(control.apply({.gpu_hz = 204e6}).gpu.status, apply_status::refused);
  EXPECT_FALSE(control.capability(knob::gpu).is_writable);
  EXPECT_THAT(kernel_.notices, ElementsAre(HasSubstr("max_freq")));
  ASSERT_EQ(chmod((tree_ / (std::string(nx_gpu) + "max_freq")).c_str(), 0644), 0);
}

TEST_F(xavier_nx, a_knob_whose_writes_fail_is_given_up_after_three_orders) {
  break_file(std::string(emc) + "mrq_rate_locked");
  tree_.remove(std::string(emc) + "mrq_rate_locked");
  tree_.write(std::string(emc) + "mrq_rate_locked", "0\n");
  frequency_control control = open();
  control.apply({.memory_hz = 1331.2e6});
  break_file(std::string(emc) + "mrq_rate_locked");  // reads as NULs: garbage; writes fail
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(control.capability(knob::memory).is_present);
    EXPECT_EQ(control.apply({.cpu_hz = 729.6e6, .memory_hz = 800e6}).memory.status, apply_status::refused);
  }
  EXPECT_FALSE(control.capability(knob::memory).is_present);
  EXPECT_THAT(control.capability(knob::memory).reason, HasSubstr("mrq_rate_locked"));
  const applied_clocks after = control.apply({.cpu_hz = 1036.8e6, .memory_hz = 800e6});
  EXPECT_EQ(after.memory.status, apply_status::absent);
  EXPECT_EQ(after.cpu.status, apply_status::exact);
  EXPECT_THAT(kernel_.notices, SizeIs(1));
}

TEST_F(xavier_nx, one_failure_between_successes_gives_nothing_up) {
  frequency_control control = open();
  const std::string lock = std::string(emc) + "mrq_rate_locked";
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(control.apply({.memory_hz = i % 2 == 0 ? 800e6 : 1331.2e6}).memory.status, apply_status::exact);
    break_file(lock);
    EXPECT_EQ(control.apply({.memory_hz = 204e6}).memory.status, apply_status::refused);
    tree_.remove(lock);
    tree_.write(lock, "1\n");
  }
  EXPECT_THAT(kernel_.notices, SizeIs(1));
}

TEST_F(xavier_nx, garbage_in_a_limit_is_refused_because_it_could_not_be_put_back) {
  frequency_control control = open();
  tree_.write(policy0 + std::string("scaling_min_freq"), "<unsupported>\n");
  for (int i = 0; i < 4; ++i) control.apply({.cpu_hz = 729.6e6});
  EXPECT_EQ(cpu("scaling_min_freq"), "<unsupported>\n");
  EXPECT_FALSE(control.capability(knob::cpu).is_present);
  EXPECT_THAT(kernel_.notices, ElementsAre(HasSubstr("<unsupported>")));
}

TEST_F(xavier_nx, garbage_in_lists_falls_back_to_the_documented_points) {
  for (const char* policy : {"policy0", "policy2", "policy4"}) {
    tree_.write(std::string("sys/devices/system/cpu/cpufreq/") + policy + "/scaling_available_frequencies", "??\n");
  }
  tree_.write(std::string(nx_gpu) + "available_frequencies", "\n");
  tree_.write("sys/kernel/debug/bpmp/debug/emc/possible_rates", "soon\n");
  const frequency_control control = open();
  for (const knob which : all_knobs) {
    EXPECT_EQ(control.capability(which).points, operating_points(*control.board().profile, which)) << to_string(which);
  }
}

TEST_F(xavier_nx, an_empty_file_of_a_rewrite_in_progress_is_a_failure_that_passes) {
  frequency_control control = open();
  control.apply({.cpu_hz = 729.6e6});
  const std::string file = policy0 + std::string("scaling_cur_freq");
  tree_.write(file, "");
  EXPECT_EQ(control.apply({.cpu_hz = 729.6e6}).cpu.effective_hz, 729.6e6);  // by the limits, which stand
  EXPECT_TRUE(control.capability(knob::cpu).is_present);
}

TEST_F(xavier_nx, a_tree_that_disappears_costs_the_knobs_and_nothing_else) {
  frequency_control control = open();
  control.apply({729.6e6, 803.25e6, 1331.2e6});
  tree_.remove("sys");
  for (int i = 0; i < 3; ++i) {
    const applied_clocks applied = control.apply({1420.8e6, 204e6, 800e6});
    for (const knob which : all_knobs) EXPECT_EQ(applied[which].status, apply_status::refused) << to_string(which);
    EXPECT_FALSE(applied.effective().any());
  }
  for (const knob which : all_knobs) EXPECT_FALSE(control.capability(which).is_present) << to_string(which);
  EXPECT_FALSE(control.apply({1420.8e6, 204e6, 800e6}).effective().any());
  EXPECT_FALSE(control.current().any());
  EXPECT_THAT(kernel_.notices, SizeIs(3));
  control.restore();
  EXPECT_THAT(kernel_.notices, SizeIs(3));
  EXPECT_FALSE(std::filesystem::exists(state_file()));
}

TEST_F(xavier_nx, the_state_file_stands_before_the_first_write) {
  frequency_control control = open();
  EXPECT_FALSE(std::filesystem::exists(state_file()));
  std::filesystem::create_directories(state_file().string() + ".new");  // the state cannot be written
  const auto before = tree_.content();
  EXPECT_EQ(control.apply({.cpu_hz = 729.6e6}).cpu.status, apply_status::refused);
  EXPECT_EQ(tree_.content(), before);
  EXPECT_THAT(kernel_.notices, ElementsAre(HasSubstr("state file")));
  std::filesystem::remove(state_file().string() + ".new");
  EXPECT_EQ(control.apply({.cpu_hz = 729.6e6}).cpu.status, apply_status::exact);
  EXPECT_TRUE(std::filesystem::exists(state_file()));
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

TEST_F(xavier_nx, a_gpu_that_was_never_powered_is_woken_to_be_found) {
  // JetPack 5: devfreq has no GPU until it was powered once after boot.
  std::filesystem::rename(tree_ / "sys/class/devfreq/17000000.gv11b", tree_ / "sys/class/hidden");
  EXPECT_FALSE(open().capability(knob::gpu).is_present);
  EXPECT_EQ(tree_.read("sys/devices/17000000.gv11b/railgate_enable"), "1\n");
  std::filesystem::rename(tree_ / "sys/class/hidden", tree_ / "sys/class/devfreq/17000000.gv11b");
  EXPECT_TRUE(open().capability(knob::gpu).is_present);
}

TEST_F(xavier_nx, without_root_the_memory_knob_is_named_with_its_remedy) {
  tree_.remove("sys/kernel/debug/bpmp");
  const frequency_control control = open();
  EXPECT_FALSE(control.capability(knob::memory).is_present);
  EXPECT_THAT(control.capability(knob::memory).reason, HasSubstr("mrq_rate_locked"));
  EXPECT_THAT(control.capability(knob::memory).remedy, HasSubstr("debugfs"));
}

}  // namespace
}  // namespace dvfo::device
