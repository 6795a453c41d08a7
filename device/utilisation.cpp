#include "device/utilisation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "device/gpu_device.hpp"

namespace dvfo::device {
namespace {

constexpr double per_mille = 1e-3;
constexpr double hertz_per_kilohertz = 1e3;

/// The next number of `line`, which is taken off it.
std::optional<double> next_number(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  std::uint64_t number = 0;
  const auto [stop, problem] = std::from_chars(line.data(), line.data() + line.size(), number);
  if (problem != std::errc()) return std::nullopt;
  line.remove_prefix(static_cast<std::size_t>(stop - line.data()));
  return static_cast<double>(number);
}

/// user, nice, system, idle, iowait, irq, softirq, steal: time of guests is within user.
using times = std::array<double, 8>;

std::optional<times> parse_times(std::string_view line) {
  times result{};
  for (std::size_t i = 0; i < result.size(); ++i) {
    const auto number = next_number(line);
    if (!number && i < 4) return std::nullopt;  // old kernels have fewer columns
    result[i] = number.value_or(0.0);
  }
  return result;
}

}  // namespace

cpu_utilisation::cpu_utilisation(const board_identity& board, const notice* warn)
    : file_(below(board.root, "/proc/stat")), watch_("CPU utilisation", warn, true) {}

std::optional<cpu_utilisation::ticks> cpu_utilisation::parse(std::string_view text) {
  ticks result;
  bool has_sum = false;
  while (text.starts_with("cpu")) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) break;  // cut off in mid-line
    std::string_view line = text.substr(3, end - 3);
    text.remove_prefix(end + 1);
    if (!line.starts_with(' ')) {
      const auto core = next_number(line);
      if (!core) return std::nullopt;
      result.cores.push_back(static_cast<int>(*core));
      continue;
    }
    const auto counted = parse_times(line);
    if (!counted) return std::nullopt;
    for (const double one : *counted) result.all += one;
    result.busy = result.all - (*counted)[3] - (*counted)[4];  // neither idle nor waiting for a disk
    has_sum = true;
  }
  if (!has_sum) return std::nullopt;
  return result;
}

std::optional<double> cpu_utilisation::read(time_point now) {
  if (!watch_.is_due(now)) return std::nullopt;
  const auto text = file_.read_text();
  std::optional<ticks> counted;
  if (text) counted = parse(*text);
  if (!counted) {
    const file_fault fault = text ? file_fault::garbage : device::read_text(file_.path()).fault;
    watch_.failed(now, text ? file_.path().string() + " holds no line of cpu times" : describe(file_.path(), fault));
    last_.reset();
    value_.reset();
    return std::nullopt;
  }
  watch_.succeeded();
  if (!last_ || last_->cores != counted->cores || counted->all < last_->all) {
    value_.reset();  // other cores, or other counters
  } else if (counted->all > last_->all) {
    value_ = std::clamp((counted->busy - last_->busy) / (counted->all - last_->all), 0.0, 1.0);
  } else {
    return value_;
  }
  last_ = std::move(*counted);
  return value_;
}

sensor_status cpu_utilisation::status() const {
  return {"CPU utilisation", file_.path().string(),
          last_.has_value(), false,
          watch_.reason(),   watch_.reason().empty() ? "" : "mount proc on /proc"};
}

gpu_utilisation::gpu_utilisation(const board_identity& board, const notice* warn) : watch_("GPU load", warn, true) {
  std::vector<std::filesystem::path> candidates;
  if (const auto gpu = find_gpu_device(board.root); !gpu.empty()) {
    candidates.push_back(below(board.root, gpu) / "device/load");
  }
  // Where devfreq knows the GPU only once it was powered, its device is there all the same.
  for (const char* path :
       {"/sys/devices/gpu.0/load", "/sys/devices/platform/gpu.0/load", "/sys/devices/platform/17000000.gpu/load",
        "/sys/devices/platform/bus@0/17000000.gpu/load"}) {
    candidates.push_back(below(board.root, path));
  }
  for (auto& path : candidates) {
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) continue;
    file_.emplace(std::move(path));
    return;
  }
}

std::optional<double> gpu_utilisation::read(time_point now) {
  if (!file_ || !watch_.is_due(now)) return std::nullopt;
  const auto load = read_within(*file_, 0.0, 1.0, per_mille);
  if (!load) {
    watch_.failed(now, describe(file_->path(), load));
    return std::nullopt;
  }
  watch_.succeeded();
  return *load;
}

sensor_status gpu_utilisation::status() const {
  if (!file_) {
    return {"GPU load", "/sys/class/devfreq/*/device/load", false, false, "no GPU of a Jetson is listed there", ""};
  }
  return {"GPU load",
          file_->path().string(),
          watch_.reason().empty(),
          false,
          watch_.reason(),
          watch_.reason().empty() ? "" : "the GPU may be switched off: write 0 to railgate_enable beside it"};
}

memory_utilisation::memory_utilisation(const board_identity& board, const notice* warn)
    : watch_("memory utilisation", warn, true) {
  const soc chip = board.profile->chip;
  if (chip == soc::other) {
    reason_ = "a PC has no counter of memory activity that every kernel shows";
  } else if (chip != soc::tegra210 && chip != soc::tegra186) {
    reason_ = "the unit of this board's activity counter is not documented, so it would be a guess";
  } else {
    file_.emplace(below(board.root, "/sys/kernel/actmon_avg_activity/mc_all"));
  }
}

std::optional<double> memory_utilisation::read(time_point now, std::optional<double> memory_hz) {
  is_clock_missing_ = !memory_hz;
  if (!file_ || !memory_hz || !watch_.is_due(now)) return std::nullopt;
  // The counter averages over a while, in which the clock may have been higher than it is now.
  const auto share = read_within(*file_, 0.0, 16.0, hertz_per_kilohertz / *memory_hz);
  if (!share) {
    watch_.failed(now, describe(file_->path(), share));
    return std::nullopt;
  }
  watch_.succeeded();
  return std::min(*share, 1.0);
}

sensor_status memory_utilisation::status() const {
  sensor_status result;
  result.name = "memory utilisation";
  if (file_) result.where = file_->path().string();
  result.reason = reason_.empty() ? watch_.reason() : reason_;
  if (result.reason.empty() && is_clock_missing_) {
    result.reason = "the memory clock, of which it is a share, cannot be read";
    result.remedy = "run as root: the memory clock is in debugfs";
  }
  result.is_present = result.reason.empty();
  return result;
}

}  // namespace dvfo::device
