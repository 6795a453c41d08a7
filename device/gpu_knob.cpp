#include <fmt/format.h>

#include <array>

#include "device/clock_unit.hpp"
#include "device/gpu_device.hpp"

namespace dvfo::device {
namespace {

constexpr std::string_view devfreq_folder = "/sys/class/devfreq";

/// Where the power switch stands while devfreq has no GPU: it appears when the GPU was powered once after boot.
constexpr std::array<std::string_view, 6> early_switches{
    "/sys/devices/gpu.0/railgate_enable",          "/sys/devices/platform/gpu.0/railgate_enable",
    "/sys/devices/17000000.gv11b/railgate_enable", "/sys/devices/17000000.ga10b/railgate_enable",
    "/sys/devices/17000000.gp10b/railgate_enable", "/sys/devices/platform/17000000.gpu/railgate_enable"};

/// Powers the GPU so that its devfreq device appears, and lets it sleep again.
std::string wake_device(const std::filesystem::path& root) {
  for (const std::string_view gate : early_switches) {
    const auto before = read_integer(below(root, gate));
    if (!before || *before == 0) continue;
    if (write_text(below(root, gate), "0") != file_fault::none) continue;
    std::string device = find_gpu_device(root);
    write_text(below(root, gate), std::to_string(*before));
    return device;
  }
  return {};
}

void explain_absence(const board_identity& board, knob_capability& capability) {
  if (board.profile->chip == soc::other) {
    capability.reason = "the GPU clock of an ordinary PC is not set by DVFO";
    return;
  }
  capability.reason =
      fmt::format("no device below {} has an of_node/name of an integrated GPU (gpu, gp10b, gv11b, ga10b, gb10b)",
                  below(board.root, devfreq_folder).string());
  capability.remedy = "power the GPU once as root: write 0 to railgate_enable of its device";
}

}  // namespace

found_knob find_gpu(const board_identity& board) {
  found_knob found;
  found.capability.where = fmt::format("{}/*", devfreq_folder);
  if (board.profile->chip == soc::other) {
    explain_absence(board, found.capability);
    return found;
  }
  std::string device = find_gpu_device(board.root);
  if (device.empty()) device = wake_device(board.root);
  if (device.empty()) {
    explain_absence(board, found.capability);
    return found;
  }
  found.capability.where = device;
  const auto listed = read_integers(below(board.root, device + "/available_frequencies"));
  std::vector<double> points = listed ? as_points(*listed, 1.0) : board.profile->gpu_hz;
  if (points.empty()) {
    found.capability.reason = fmt::format("{}/available_frequencies lists no frequency", device);
    return found;
  }
  range_unit::files files{device + "/min_freq", device + "/max_freq", device + "/cur_freq", "", 1.0, ""};
  const std::string gate = device + "/device/railgate_enable";
  std::error_code ignored;
  if (std::filesystem::exists(below(board.root, gate), ignored)) files.railgate = gate;
  found.units.push_back(std::make_unique<range_unit>(board.root, "gpu", std::move(points), std::move(files)));
  describe_units(found);
  return found;
}

}  // namespace dvfo::device
