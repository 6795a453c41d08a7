#include "device/simulated/board_layout.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "device/error.hpp"

namespace dvfo::device::simulated {
namespace {

using namespace std::string_view_literals;

constexpr auto release4 = "# R32 (release), REVISION: 7.1, BOARD: t186ref, EABI: aarch64"sv;
constexpr auto release5 = "# R35 (release), REVISION: 4.1, BOARD: t186ref, EABI: aarch64"sv;
constexpr auto release6 = "# R36 (release), REVISION: 4.3, BOARD: generic, EABI: aarch64"sv;

const std::vector<std::string> zones_of_orin{"cpu-thermal", "gpu-thermal", "tj-thermal"};

// Folders and labels as the documents of each board give them; the recorded trees of the tests hold the same.
const std::array<board_layout, 7>& layouts() {
  static const std::array<board_layout, 7> all{{
      {"jetson-nano",
       4,
       release4,
       "NVIDIA Jetson Nano Developer Kit",
       "nvidia,p3449-0000-b00+p3448-0000-b00\0nvidia,jetson-nano\0nvidia,tegra210\0"sv,
       {{0, 1, 2, 3}},
       "57000000.gpu",
       "gpu",
       {{"6-0040", {"POM_5V_IN", "POM_5V_GPU", "POM_5V_CPU"}}},
       {"CPU-therm", "GPU-therm"},
       5.0},
      {"jetson-tx2",
       4,
       release4,
       "quill",
       "nvidia,p2597-0000+p3310-1000\0nvidia,quill\0nvidia,tegra186\0"sv,
       {{0, 3, 4, 5}, {1, 2}},
       "17000000.gp10b",
       "gp10b",
       {{"0-0040", {"VDD_SYS_GPU", "VDD_SYS_SOC", "VDD_4V0_WIFI"}},
        {"0-0041", {"VDD_IN", "VDD_SYS_CPU", "VDD_SYS_DDR"}}},
       {"BCPU-therm", "GPU-therm"},
       19.0},
      {"jetson-xavier-nx",
       5,
       release5,
       "NVIDIA Jetson Xavier NX Developer Kit",
       "nvidia,p3509-0000+p3668-0000\0nvidia,tegra194\0"sv,
       {{0, 1}, {2, 3}, {4, 5}},
       "17000000.gv11b",
       "gv11b",
       {{"7-0040", {"VDD_IN", "VDD_CPU_GPU_CV", "VDD_SOC"}}},
       {"CPU-therm", "GPU-therm"},
       5.0},
      {"jetson-agx-xavier",
       5,
       release5,
       "Jetson-AGX",
       "nvidia,p2972-0000\0nvidia,tegra194\0"sv,
       {{0, 1}, {2, 3}, {4, 5}, {6, 7}},
       "17000000.gv11b",
       "gv11b",
       {{"1-0040", {"GPU", "CPU", "SOC"}}, {"1-0041", {"CV", "VDDRQ", "SYS5V"}}},
       {"CPU-therm", "GPU-therm"},
       19.0},
      {"jetson-orin-nano",
       6,
       release6,
       "NVIDIA Jetson Orin Nano Developer Kit",
       "nvidia,p3768-0000+p3767-0005\0nvidia,p3767-0005\0nvidia,tegra234\0"sv,
       {{0, 1, 2, 3}, {4, 5}},
       "platform/bus@0/17000000.gpu",
       "gpu",
       {{"1-0040", {"VDD_IN", "VDD_CPU_GPU_CV", "VDD_SOC"}}},
       zones_of_orin,
       5.0},
      {"jetson-orin-nx",
       6,
       release6,
       "NVIDIA Jetson Orin NX Engineering Reference Developer Kit",
       "nvidia,p3768-0000+p3767-0000\0nvidia,p3767-0000\0nvidia,tegra234\0"sv,
       {{0, 1, 2, 3}, {4, 5, 6, 7}},
       "platform/bus@0/17000000.gpu",
       "gpu",
       {{"1-0040", {"VDD_IN", "VDD_CPU_GPU_CV", "VDD_SOC"}}},
       zones_of_orin,
       5.0},
      {"jetson-agx-orin",
       6,
       release6,
       "NVIDIA Jetson AGX Orin Developer Kit",
       "nvidia,p3737-0000+p3701-0000\0nvidia,p3701-0000\0nvidia,tegra234\0"sv,
       {{0, 1, 2, 3}, {4, 5, 6, 7}, {8, 9, 10, 11}},
       "platform/bus@0/17000000.gpu",
       "gpu",
       {{"1-0040", {"VDD_GPU_SOC", "VDD_CPU_CV", "VIN_SYS_5V0"}}, {"1-0041", {"", "VDDQ_VDD2_1V8AO", ""}}},
       zones_of_orin,
       5.0},
  }};
  return all;
}

}  // namespace

const board_layout& layout_of(std::string_view board) {
  const auto& all = layouts();
  const auto* const found =
      std::find_if(all.begin(), all.end(), [&](const board_layout& one) { return one.board == board; });
  if (found != all.end()) return *found;
  std::string names;
  for (const auto& one : all) names += fmt::format("{}sim:{}", names.empty() ? "" : ", ", one.board);
  throw error(errc::unknown_board, fmt::format("no simulated board is called \"sim:{}\"; there are {}", board, names));
}

}  // namespace dvfo::device::simulated
