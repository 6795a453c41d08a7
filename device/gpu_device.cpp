#include "device/gpu_device.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "device/text_file.hpp"

namespace dvfo::device {
namespace {

constexpr std::string_view devfreq_folder = "/sys/class/devfreq";

/// Names of the integrated GPU's device-tree node: Nano and JetPack 6, TX2, Xavier, Orin up to JetPack 5, Thor.
constexpr std::array<std::string_view, 5> gpu_nodes{"gpu", "gp10b", "gv11b", "ga10b", "gb10b"};

}  // namespace

std::string find_gpu_device(const std::filesystem::path& root) {
  for (const std::string& name : list_folder(below(root, devfreq_folder))) {
    const auto names = read_strings(below(root, devfreq_folder) / name / "device/of_node/name");
    if (!names || names->empty()) continue;
    if (std::find(gpu_nodes.begin(), gpu_nodes.end(), names->front()) != gpu_nodes.end()) {
      return fmt::format("{}/{}", devfreq_folder, name);
    }
  }
  return {};
}

}  // namespace dvfo::device
