#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "device/frequency_control.hpp"
#include "device/text_file.hpp"
#include "tests/support/sysfs_tree.hpp"

namespace dvfo::tests {

/// Answers writes in a tree as the kernel would, in virtual time: whenever frequency_control waits, the clocks move
/// into their limits. A folder of files does nothing by itself.
class kernel_twin {
 public:
  explicit kernel_twin(std::filesystem::path root) : root_(std::move(root)) {}

  /// The memory firmware never gives more than this.
  std::optional<std::int64_t> memory_ceiling;

  /// The thermal governor never lets the CPU above this (kHz); the limits read as written.
  std::optional<std::int64_t> cpu_ceiling;

  /// Called at every wait.
  std::function<void()> meanwhile;

  device::frequency_control_options options(const std::filesystem::path& state_file = {}) {
    device::frequency_control_options result;
    result.state_file = state_file;
    result.warn = [this](const std::string& text) { notices.push_back(text); };
    result.sleep = [this](std::chrono::nanoseconds duration) {
      waited += duration;
      react();
      if (meanwhile) meanwhile();
    };
    result.now = [this] { return std::chrono::steady_clock::time_point(waited); };
    return result;
  }

  void react() const {
    for (const std::string& policy : device::list_folder(root_ / "sys/devices/system/cpu/cpufreq")) {
      follow("sys/devices/system/cpu/cpufreq/" + policy + "/scaling_", cpu_ceiling);
    }
    for (const std::string& name : device::list_folder(root_ / "sys/class/devfreq")) {
      follow("sys/class/devfreq/" + name + "/", std::nullopt);
    }
    const std::filesystem::path bpmp = root_ / "sys/kernel/debug/bpmp/debug/clk/emc/rate";
    if (const auto rate = device::read_integer(bpmp); rate && memory_ceiling && *rate > *memory_ceiling) {
      device::write_text(bpmp, std::to_string(*memory_ceiling));
    }
    const std::filesystem::path emc = root_ / "sys/kernel/debug/clk/override.emc";
    const auto rate = device::read_integer(emc / "clk_update_rate");
    if (rate && device::read_integer(emc / "clk_state").value == 1) {
      device::write_text(emc / "clk_rate", std::to_string(*rate));
    }
  }

  std::chrono::nanoseconds waited{0};
  std::vector<std::string> notices;

 private:
  void follow(const std::string& base, std::optional<std::int64_t> ceiling) const {
    const auto min = device::read_integer(root_ / (base + "min_freq"));
    const auto max = device::read_integer(root_ / (base + "max_freq"));
    const auto now = device::read_integer(root_ / (base + "cur_freq"));
    if (!min || !max || !now || *min > *max) return;
    const std::int64_t clock = std::min(std::clamp(*now, *min, *max), ceiling.value_or(*max));
    if (clock != *now) device::write_text(root_ / (base + "cur_freq"), std::to_string(clock));
  }

  std::filesystem::path root_;
};

/// Every recorded tree that has clocks to set, by name: a virtual machine has none.
inline std::vector<std::string> recorded_trees() {
  std::vector<std::string> names;
  for (const std::string& file : device::list_folder(std::filesystem::path(__FILE__).parent_path() / "trees")) {
    if (file.starts_with("linux-virtual-machine")) continue;
    if (file.ends_with(".tree")) names.push_back(file.substr(0, file.size() - std::string_view(".tree").size()));
  }
  return names;
}

/// A tree's name as GoogleTest wants it behind a parameterised test.
inline std::string tree_name(const testing::TestParamInfo<std::string>& tree) {
  std::string name = tree.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

}  // namespace dvfo::tests
