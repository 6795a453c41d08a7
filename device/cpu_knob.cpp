#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <string>

#include "device/clock_unit.hpp"

namespace dvfo::device {
namespace {

constexpr std::string_view cpufreq_folder = "/sys/devices/system/cpu/cpufreq";
constexpr double kilohertz = 1e3;
constexpr double pc_step_hz = 100e6;  // PCs: the bus clock that core clocks are multiples of

/// Points for drivers that list none (intel_pstate, amd_pstate): the ends and every 100 MHz between.
std::vector<double> even_points(double low, double high) {
  std::vector<double> points{low};
  const auto first = std::lround(std::floor(low / pc_step_hz)) + 1;
  for (auto step = first; static_cast<double>(step) * pc_step_hz < high; ++step) {
    points.push_back(static_cast<double>(step) * pc_step_hz);
  }
  if (high > low) points.push_back(high);
  return points;
}

/// Operating points of a policy: what the kernel lists, else the documented ones or even steps within its range.
std::vector<double> policy_points(const std::filesystem::path& policy, const board_profile& profile,
                                  file_failure& failure) {
  const std::filesystem::path list = policy / "scaling_available_frequencies";
  if (const auto listed = read_integers(list)) return as_points(*listed, kilohertz);
  for (const char* end : {"cpuinfo_min_freq", "cpuinfo_max_freq"}) {
    const auto number = read_integer(policy / end);
    if (number && *number > 0) continue;
    failure = {number.fault, policy / end, number.found};
    if (number) failure = {file_fault::garbage, policy / end, std::to_string(*number), "was a frequency above 0"};
    return {};
  }
  const double low = static_cast<double>(*read_integer(policy / "cpuinfo_min_freq").value) * kilohertz;
  const double high = static_cast<double>(*read_integer(policy / "cpuinfo_max_freq").value) * kilohertz;
  std::vector<double> points = points_within(profile.cpu_hz, low, high);
  return points.empty() ? even_points(low, std::max(low, high)) : points;
}

/// A policy whose cores are all offline keeps its folder under some kernels (TX2's Denver cores under 4.4), but its
/// files cannot be written.
bool is_offline(const std::filesystem::path& policy) {
  const auto cpus = read_text(policy / "affected_cpus");
  return cpus && cpus->empty();
}

}  // namespace

std::vector<std::string> online_policies(const board_identity& board) {
  const std::filesystem::path folder = below(board.root, cpufreq_folder);
  std::vector<std::string> names = list_folder(folder);
  std::erase_if(names,
                [&](const std::string& name) { return !name.starts_with("policy") || is_offline(folder / name); });
  return names;
}

found_knob find_cpu(const board_identity& board) {
  found_knob found;
  file_failure failure;
  std::vector<std::string> numbers;
  const std::filesystem::path folder = below(board.root, cpufreq_folder);
  for (const std::string& name : online_policies(board)) {
    std::vector<double> points = policy_points(folder / name, *board.profile, failure);
    if (points.empty()) continue;
    const std::string base = fmt::format("{}/{}/", cpufreq_folder, name);
    range_unit::files files{
        base + "scaling_min_freq", base + "scaling_max_freq", base + "scaling_cur_freq", "", kilohertz, ""};
    std::error_code ignored;
    if (std::filesystem::exists(folder / name / "bios_limit", ignored)) files.firm_limit = base + "bios_limit";
    found.units.push_back(std::make_unique<range_unit>(board.root, name, std::move(points), std::move(files)));
    numbers.push_back(name.substr(std::string_view("policy").size()));
  }
  found.capability.where = fmt::format("{}/policy{{{}}}", cpufreq_folder, fmt::join(numbers, ","));
  if (failure) {
    found.capability.reason = describe(failure);
  } else {
    found.capability.reason = fmt::format(
        "no cpufreq policy below {}: the kernel has no driver for this CPU's clock "
        "(usual in virtual machines)",
        folder.string());
  }
  describe_units(found);
  return found;
}

}  // namespace dvfo::device
