#include "device/clock_meter.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "device/gpu_device.hpp"

namespace dvfo::device {
namespace {

constexpr double kilohertz = 1e3;
constexpr double highest_hertz = 1e11;

std::vector<sensor_file> cpu_files(const std::filesystem::path& root) {
  std::vector<sensor_file> files;
  const std::filesystem::path folder = below(root, "/sys/devices/system/cpu/cpufreq");
  for (const std::string& policy : list_folder(folder)) {
    if (policy.starts_with("policy")) files.emplace_back(folder / policy / "scaling_cur_freq");
  }
  return files;
}

std::vector<sensor_file> gpu_files(const std::filesystem::path& root) {
  std::vector<sensor_file> files;
  if (const auto gpu = find_gpu_device(root); !gpu.empty()) files.emplace_back(below(root, gpu) / "cur_freq");
  return files;
}

std::vector<sensor_file> memory_files(const board_identity& board) {
  std::vector<sensor_file> files;
  if (board.profile->chip == soc::tegra210) {
    // Either tells; not every kernel has both.
    const std::filesystem::path clock = below(board.root, "/sys/kernel/debug/clk/emc/clk_rate");
    const std::filesystem::path override_clock = below(board.root, "/sys/kernel/debug/clk/override.emc/clk_rate");
    files.emplace_back(read_integer(clock) ? clock : override_clock);
  } else if (board.profile->chip != soc::other) {
    files.emplace_back(below(board.root, "/sys/kernel/debug/bpmp/debug/clk/emc/rate"));
  }
  return files;
}

}  // namespace

clock_meter::clock_meter(const board_identity& board, const notice* warn) {
  sources_.push_back({knob::cpu, cpu_files(board.root), kilohertz, fault_watch("CPU clock", warn, true)});
  sources_.push_back({knob::gpu, gpu_files(board.root), 1.0, fault_watch("GPU clock", warn, true)});
  sources_.push_back({knob::memory, memory_files(board), 1.0, fault_watch("memory clock", warn, true)});
}

clocks clock_meter::read(time_point now) {
  clocks result;
  for (source& one : sources_) result[one.which] = read(one, now);
  return result;
}

/// The highest of the files, of which some may fail: the policy of cores that are offline has no clock.
std::optional<double> clock_meter::read(source& from, time_point now) {
  if (from.files.empty() || !from.watch.is_due(now)) return std::nullopt;
  std::optional<double> highest;
  std::string reason;
  for (sensor_file& file : from.files) {
    const auto hertz = read_within(file, 0.0, highest_hertz, from.scale);
    if (hertz) {
      highest = std::max(highest.value_or(0.0), *hertz);
    } else {
      reason = describe(file.path(), hertz);
    }
  }
  if (!highest) {
    from.watch.failed(now, reason);
    return std::nullopt;
  }
  from.watch.succeeded();
  return *highest > 0.0 ? highest : std::nullopt;
}

bool clock_meter::is_alive() const {
  return std::none_of(sources_.begin(), sources_.end(),
                      [](const source& one) { return one.files.empty() || one.watch.is_dropped(); });
}

void clock_meter::append_status(std::vector<sensor_status>& to) const {
  for (const source& one : sources_) {
    sensor_status status;
    status.name = fmt::format("{} clock", one.which == knob::memory ? "memory"
                                          : one.which == knob::cpu  ? "CPU"
                                                                    : "GPU");
    if (!one.files.empty()) status.where = one.files.front().path().string();
    status.reason = one.files.empty() ? "the kernel shows no such clock here" : one.watch.reason();
    status.is_present = status.reason.empty();
    if (!status.is_present && one.which == knob::memory && !one.files.empty()) {
      status.remedy = "run as root and mount debugfs: mount -t debugfs none /sys/kernel/debug";
    }
    to.push_back(std::move(status));
  }
}

}  // namespace dvfo::device
