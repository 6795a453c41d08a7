#include "device/board_catalogue.hpp"

namespace dvfo::device {
namespace {

const std::initializer_list<double> emc_mhz{204, 665.6, 2133, 3199};

}  // namespace

/// Figures of the "super" configuration that JetPack 6.2 brought to every module: GPU up to 1020 MHz, CPU up to
/// 1728 MHz, 25 W; before, the kernel listed up to 624.75 and 1510.4 MHz. Modes: nvpmodel_p3767_0003_super.conf. Rails:
/// 1-0040.
board_profile make_jetson_orin_nano() {
  board_profile board;
  board.name = "jetson-orin-nano";
  board.title = "NVIDIA Jetson Orin Nano";
  board.chip = soc::tegra234;
  board.compatible = {"p3767-0003", "p3767-0004", "p3767-0005"};
  board.models = {"Orin Nano"};
  board.cpu_hz = kilohertz_steps(115200, 76800, 1728000);
  board.gpu_hz = megahertz({306, 408, 510, 612, 714, 816, 918, 1020});
  board.memory_hz = megahertz(emc_mhz);
  board.total_rail = "VDD_IN";
  board.rails = {"VDD_IN", "VDD_CPU_GPU_CV", "VDD_SOC"};
  board.modes = {
      {0, "15W", {1497.6e6, 612e6, 2133e6}, 6}, {1, "25W", {1344e6, 918e6, 3199e6}, 6}, {2, "MAXN_SUPER", {}, 6}};
  board.max_power_watts = 25.0;
  return board;
}

/// The 16 GB module before "super", which reaches 1173 MHz and 40 W. Tables: L4T R35. Modes: nvpmodel_p3767_0000.conf.
/// Rails: 1-0040.
board_profile make_jetson_orin_nx() {
  board_profile board;
  board.name = "jetson-orin-nx";
  board.title = "NVIDIA Jetson Orin NX";
  board.chip = soc::tegra234;
  board.compatible = {"p3767-0000", "p3767-0001"};
  board.models = {"Orin NX"};
  board.cpu_hz = kilohertz_steps(115200, 76800, 1958400, {1984000});
  board.gpu_hz = megahertz({306, 408, 510, 612, 714, 816, 918});
  board.memory_hz = megahertz(emc_mhz);
  board.total_rail = "VDD_IN";
  board.rails = {"VDD_IN", "VDD_CPU_GPU_CV", "VDD_SOC"};
  board.modes = {{0, "MAXN", {}, 8},
                 {1, "10W", {1190.4e6, 612e6, 2133e6}, 4},
                 {2, "15W", {1651.2e6, 612e6, {}}, 4},
                 {3, "25W", {1497.6e6, 408e6, {}}, 8}};
  board.max_power_watts = 25.0;
  return board;
}

/// The 64 GB module. Tables: L4T R35 (some boards list a GPU table from 114.75 MHz). Modes: nvpmodel_p3701_0000.conf;
/// 60 W is the module's maximum. No rail carries the whole board: VDD_GPU_SOC, VDD_CPU_CV and VIN_SYS_5V0 at 1-0040 and
/// VDDQ_VDD2_1V8AO at 1-0041 are summed.
board_profile make_jetson_agx_orin() {
  board_profile board;
  board.name = "jetson-agx-orin";
  board.title = "NVIDIA Jetson AGX Orin";
  board.chip = soc::tegra234;
  board.compatible = {"p3701"};
  board.models = {"AGX Orin"};
  board.cpu_hz = kilohertz_steps(115200, 76800, 2188800, {2201600});
  board.gpu_hz = megahertz({306, 408, 510, 612, 714, 816, 918, 1020, 1122, 1224, 1300.5});
  board.memory_hz = megahertz(emc_mhz);
  board.total = total_rule::sum;
  board.rails = {"VDD_GPU_SOC", "VDD_CPU_CV", "VIN_SYS_5V0", "VDDQ_VDD2_1V8AO"};
  board.modes = {{0, "MAXN", {}, 12},
                 {1, "MODE_15W", {1113.6e6, 408e6, 2133e6}, 4},
                 {2, "MODE_30W", {1728e6, 612e6, {}}, 8},
                 {3, "MODE_50W", {1497.6e6, 816e6, {}}, 12}};
  board.max_power_watts = 60.0;
  return board;
}

}  // namespace dvfo::device
