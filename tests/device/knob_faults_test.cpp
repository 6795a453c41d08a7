#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>

#include "device/frequency_control.hpp"
#include "tests/device/xavier_nx.hpp"

/// Files that fail: what the knob's capability and the one notice say of it, and that everything else goes on.
namespace dvfo::device {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using tests::emc;
using tests::nx_gpu;
using tests::policy0;
using tests::xavier_nx;

TEST_F(xavier_nx, a_firmware_that_silently_clamps_is_found_out_and_said_once) {
  frequency_control control = open();
  kernel_.memory_ceiling = 1331200000;
  const applied_clocks applied = control.apply({.memory_hz = 1866e6});
  EXPECT_EQ(applied.memory.status, apply_status::clamped);
  EXPECT_EQ(applied.memory.effective_hz, 1331.2e6);
  EXPECT_EQ(control.capability(knob::memory).cap_hz, 1331.2e6);
  EXPECT_THAT(kernel_.notices, IsEmpty()) << "it may only be late";
  // The same order again is written again but costs no wait; that the firmware lets it now is seen one order later.
  const auto waited = kernel_.waited;
  EXPECT_EQ(control.apply({.memory_hz = 1866e6}).memory.effective_hz, 1331.2e6);
  EXPECT_THAT(kernel_.notices, ElementsAre(HasSubstr("ordered to 1866.0 MHz but reads 1331.2 MHz")));
  kernel_.react();
  kernel_.memory_ceiling.reset();
  EXPECT_EQ(control.apply({.memory_hz = 1866e6}).memory.status, apply_status::clamped);
  EXPECT_EQ(kernel_.waited, waited);
  EXPECT_EQ(control.apply({.memory_hz = 1866e6}).memory.status, apply_status::exact);
  EXPECT_EQ(control.capability(knob::memory).cap_hz, std::nullopt);
  EXPECT_THAT(kernel_.notices, SizeIs(1));
}

// "The cpu clock was ordered to 1907.2 MHz but reads 1907.2 MHz": the highest of three clusters was where it should be,
// and another was not.
TEST_F(xavier_nx, a_cluster_that_is_held_is_named_with_its_own_clock) {
  frequency_control control = open();
  const std::string held = "sys/devices/system/cpu/cpufreq/policy4/scaling_cur_freq";
  kernel_.meanwhile = [&] { tree_.write(held, "1190400\n"); };
  tree_.write(held, "1190400\n");
  EXPECT_EQ(control.apply({.cpu_hz = 1907.2e6}).cpu.status, apply_status::clamped);
  const applied_knob second = control.apply({.cpu_hz = 1907.2e6}).cpu;
  EXPECT_EQ(second.status, apply_status::clamped);
  EXPECT_EQ(second.effective_hz, 1907.2e6) << "the fastest cluster";
  EXPECT_THAT(kernel_.notices,
              ElementsAre(HasSubstr("the cpu clock (policy4) was ordered to 1907.2 MHz but reads 1190.4 MHz")));
}

TEST_F(xavier_nx, limits_that_somebody_rewrites_are_told_from_a_clock_that_is_elsewhere) {
  frequency_control control = open();
  kernel_.meanwhile = [&] { tree_.write(policy0 + std::string("scaling_min_freq"), "115200\n"); };
  for (int i = 0; i < 2; ++i) EXPECT_EQ(control.apply({.cpu_hz = 1190.4e6}).cpu.status, apply_status::clamped);
  EXPECT_THAT(kernel_.notices, ElementsAre(HasSubstr("ordered to 1190.4 MHz and runs so, but its limits")));
}

TEST_F(xavier_nx, a_clock_that_only_came_late_is_nobodys_fault) {
  frequency_control control = open();
  kernel_.cpu_ceiling = 1190400;
  EXPECT_EQ(control.apply({.cpu_hz = 1907.2e6}).cpu.status, apply_status::clamped);
  kernel_.cpu_ceiling.reset();
  for (const char* policy : {"policy0", "policy2", "policy4"}) {
    tree_.write(std::string("sys/devices/system/cpu/cpufreq/") + policy + "/scaling_cur_freq", "1907200\n");
  }
  EXPECT_EQ(control.apply({.cpu_hz = 1907.2e6}).cpu.status, apply_status::exact);
  EXPECT_THAT(kernel_.notices, IsEmpty());
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
  std::filesystem::create_directories(state_file());  // the state cannot be written
  const auto before = tree_.content();
  EXPECT_EQ(control.apply({.cpu_hz = 729.6e6}).cpu.status, apply_status::refused);
  EXPECT_EQ(tree_.content(), before);
  EXPECT_THAT(kernel_.notices, ElementsAre(HasSubstr("state file")));
  std::filesystem::remove(state_file());
  EXPECT_EQ(control.apply({.cpu_hz = 729.6e6}).cpu.status, apply_status::exact);
  EXPECT_TRUE(std::filesystem::exists(state_file()));
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
