#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "device/clock_unit.hpp"

namespace dvfo::device {
namespace {

constexpr std::string_view debug_folder = "/sys/kernel/debug";
constexpr double kilohertz = 1e3;

/// nvpmodel's limit of the memory clock: JetPack 4 and 5, then JetPack 6. 0 or -1: no limit.
constexpr std::array<std::string_view, 2> cap_files{"/sys/kernel/nvpmodel_emc_cap/emc_iso_cap",
                                                    "/sys/kernel/nvpmodel_clk_cap/emc"};

/// The memory clock is locked by two files: one takes the rate, the other turns the lock on.
class emc_unit : public clock_unit {
 public:
  struct files {
    std::string rate;     ///< takes the ordered rate in hertz
    std::string lock;     ///< 1 holds it, 0 leaves the clock to the kernel
    std::string current;  ///< the rate in force
    std::string highest;  ///< the highest rate that the firmware gives, "" where there is no such file
    bool locks_first = true;
  };
  emc_unit(std::filesystem::path root, std::vector<double> points, files where)
      : clock_unit(std::move(root), "memory", std::move(points)), files_(std::move(where)) {}

  [[nodiscard]] std::optional<double> cap_hz() const override {
    std::optional<double> cap = limit(files_.highest);
    for (const std::string_view file : cap_files) {
      if (const std::optional<double> one = limit(file)) cap = std::min(*one, cap.value_or(*one));
    }
    return cap && *cap < points().back() ? cap : std::nullopt;
  }

  [[nodiscard]] reading<double> current_hz() const override {
    const auto rate = read_integer(at(files_.current));
    if (!rate) return {std::nullopt, rate.fault, rate.found};
    return {static_cast<double>(*rate), file_fault::none, {}};
  }

  [[nodiscard]] bool is_pinned(double hz) const override {
    const auto lock = read_integer(at(files_.lock));
    const auto rate = read_integer(at(files_.rate));
    return lock && *lock == 1 && rate && is_at_point(points(), static_cast<double>(*rate), hz);
  }

  /// Where one file takes the order and shows the clock, it shows the order until the clock has changed, some 8 ms
  /// later (measured on Orin Nano, arXiv 2606.16106), or was clamped.
  [[nodiscard]] std::chrono::microseconds proof_time() const override {
    return std::chrono::milliseconds(files_.rate == files_.current ? 10 : 0);
  }

  [[nodiscard]] std::optional<double> held_hz() const override { return current_hz().value; }

  file_failure pin(double hz) override {
    const std::int64_t rate = std::llround(hz);
    if (files_.locks_first) {
      if (file_failure failure = write(files_.lock, 1)) return failure;
      return write(files_.rate, rate);
    }
    if (file_failure failure = write(files_.rate, rate)) return failure;
    return write(files_.lock, 1);
  }

  file_failure snapshot(std::vector<saved_write>& writes) const override {
    // The rate goes back while the lock still holds: the kernel then starts from where it was. Where the rate cannot be
    // read, opening the lock is enough.
    if (file_failure unreadable = save(files_.rate, writes); unreadable.fault == file_fault::garbage) {
      return unreadable;
    }
    if (file_failure failure = save(files_.lock, writes)) return failure;
    return {};
  }

  [[nodiscard]] file_failure forbidden() const override {
    if (file_failure failure = check_writable(files_.lock)) return failure;
    return check_writable(files_.rate);
  }

 private:
  [[nodiscard]] std::optional<double> limit(std::string_view file) const {
    if (file.empty()) return std::nullopt;
    const auto number = read_integer(at(file));
    if (!number || *number <= 0) return std::nullopt;
    return static_cast<double>(*number);
  }

  files files_;
};

/// Tegra210: a clock of the kernel's debug tree that overrides the memory governor.
emc_unit::files override_files() {
  const std::string base = fmt::format("{}/clk/override.emc/", debug_folder);
  return {base + "clk_update_rate", base + "clk_state", base + "clk_rate",
          fmt::format("{}/tegra_bwmgr/emc_max_rate", debug_folder), false};
}

/// Tegra186 and later: the boot and power management processor sets the clock; its own debug tree is mirrored here.
/// The lock comes first, as in NVIDIA's jetson_clocks since JetPack 4.
emc_unit::files bpmp_files() {
  const std::string base = fmt::format("{}/bpmp/debug/clk/emc/", debug_folder);
  return {base + "rate", base + "mrq_rate_locked", base + "rate", base + "max_rate", true};
}

/// Operating points: a list of the kernel (kHz), the names of the training tables (kHz), else the documented ones.
std::vector<double> memory_points(const board_identity& board) {
  const bool is_tegra210 = board.profile->chip == soc::tegra210;
  const auto listed = read_integers(
      below(board.root, fmt::format("{}{}", debug_folder,
                                    is_tegra210 ? "/clk/emc/clk_possible_rates" : "/bpmp/debug/emc/possible_rates")));
  if (listed) {
    if (std::vector<double> points = as_points(*listed, kilohertz); !points.empty()) return points;
  }
  std::vector<std::int64_t> tables;
  for (const std::string& name :
       list_folder(below(board.root, fmt::format("{}/bpmp/debug/emc/tables/regular", debug_folder)))) {
    if (const auto number = parse_integer(name)) tables.push_back(*number);
  }
  std::vector<double> points = as_points(tables, kilohertz);
  return points.empty() ? board.profile->memory_hz : points;
}

}  // namespace

found_knob find_memory(const board_identity& board) {
  found_knob found;
  const soc chip = board.profile->chip;
  if (chip == soc::other) {
    found.capability.reason = "an ordinary PC has no memory clock that can be set";
    return found;
  }
  emc_unit::files files = chip == soc::tegra210 ? override_files() : bpmp_files();
  found.capability.where = std::filesystem::path(files.rate).parent_path().string();
  const auto lock = read_integer(below(board.root, files.lock));
  // Without root debugfs is closed: the knob is there all the same, as doctor should say, but not for this process.
  if (!lock && lock.fault != file_fault::no_permission) {
    found.capability.reason = describe(below(board.root, files.lock), lock);
    found.capability.remedy = "mount debugfs: mount -t debugfs none /sys/kernel/debug (as root)";
    return found;
  }
  found.units.push_back(std::make_unique<emc_unit>(board.root, memory_points(board), std::move(files)));
  describe_units(found);
  return found;
}

}  // namespace dvfo::device
