#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "device/frequency_control.hpp"
#include "tests/device/kernel_twin.hpp"
#include "tests/support/sysfs_tree.hpp"

namespace dvfo::tests {

inline constexpr const char* policy0 = "sys/devices/system/cpu/cpufreq/policy0/";
inline constexpr const char* emc = "sys/kernel/debug/bpmp/debug/clk/emc/";
inline constexpr const char* nx_gpu = "sys/class/devfreq/17000000.gv11b/";

/// A recorded Xavier NX in mode 8 (20 W, 6 cores) without limits, with its kernel.
class xavier_nx : public ::testing::Test {
 protected:
  xavier_nx() : tree_("jetson-xavier-nx-jp5"), kernel_(tree_.root()) {
    for (const char* policy : {"policy0", "policy2", "policy4"}) {
      tree_.write(std::string("sys/devices/system/cpu/cpufreq/") + policy + "/scaling_max_freq", "1907200\n");
    }
    tree_.write("sys/kernel/nvpmodel_emc_cap/emc_iso_cap", "0\n");
  }
  device::frequency_control open() {
    return device::frequency_control(device::detect(tree_.root()), kernel_.options(state_file()));
  }
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

}  // namespace dvfo::tests
