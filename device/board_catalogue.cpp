#include "device/board_catalogue.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "device/error.hpp"

namespace dvfo::device {
namespace {

// Limits of power modes are those of the configuration files, which the kernel snaps to the operating points.

/// CPU, GPU and EMC tables: device tree of P3448 and L4T's `jetson_clocks --show`. The development kit's EMC table has
/// two rates only; the seven of the TX1 are another board. Rails: NVIDIA's ina3221x driver at 6-0040. Modes: nvpmodel
/// of R32 (t210).
board_profile make_jetson_nano() {
  board_profile board;
  board.name = "jetson-nano";
  board.title = "NVIDIA Jetson Nano";
  board.chip = soc::tegra210;
  board.compatible = {"p3448", "jetson-nano"};
  board.models = {"Jetson Nano"};
  board.cpu_hz =
      megahertz({102, 204, 307.2, 403.2, 518.4, 614.4, 710.4, 825.6, 921.6, 1036.8, 1132.8, 1224, 1326, 1428, 1479});
  board.gpu_hz = megahertz({76.8, 153.6, 230.4, 307.2, 384, 460.8, 537.6, 614.4, 691.2, 768, 844.8, 921.6});
  board.memory_hz = megahertz({204, 1600});
  board.total_rail = "POM_5V_IN";
  board.rails = {"POM_5V_IN", "POM_5V_GPU", "POM_5V_CPU"};
  board.modes = {{0, "MAXN", {}, 4}, {1, "5W", {918e6, 640e6, 1600e6}, 2}};
  board.max_power_watts = 10.0;
  return board;
}

/// CPU, GPU and EMC tables: newer L4T R32 (older ones differ in the GPU's 828.75 and 1134.75 MHz, which the kernel
/// lists). Both clusters have one table. Rails: ina3221x at 0-0040 and 0-0041; those of the carrier board (VDD_MUX …)
/// are beside VDD_IN, not in it. Modes: nvpmodel_t186.conf. The 15 W of the highest budget are DVFO Table 3's.
board_profile make_jetson_tx2() {
  board_profile board;
  board.name = "jetson-tx2";
  board.title = "NVIDIA Jetson TX2";
  board.chip = soc::tegra186;
  board.compatible = {"p3310", "p3489", "p3636", "nvidia,quill"};
  board.models = {"Jetson TX2", "quill"};
  board.cpu_hz = kilohertz_steps(345600, 153600, 2035200);
  board.gpu_hz = megahertz(
      {114.75, 216.75, 318.75, 420.75, 522.75, 624.75, 726.75, 854.25, 930.75, 1032.75, 1122, 1236.75, 1300.5});
  board.memory_hz = megahertz({40.8, 68, 102, 204, 408, 665.6, 800, 1062.4, 1331.2, 1600, 1866});
  board.total_rail = "VDD_IN";
  board.rails = {"VDD_IN", "VDD_SYS_GPU", "VDD_SYS_SOC", "VDD_4V0_WIFI", "VDD_SYS_CPU", "VDD_SYS_DDR"};
  board.modes = {{0, "MAXN", {}, 6},
                 {1, "MAXQ", {1200e6, 850e6, 1331.2e6}, 4},
                 {2, "MAXP_CORE_ALL", {1400e6, 1120e6, 1600e6}, 6},
                 {3, "MAXP_CORE_ARM", {2000e6, 1120e6, 1600e6}, 4},
                 {4, "MAXP_CORE_DENVER", {2035.2e6, 1120e6, 1600e6}, 2}};
  board.max_power_watts = 15.0;
  return board;
}

/// CPU and GPU tables: L4T R32 and R35. EMC: the part of Xavier's table up to the 1866 MHz of the 20 W modes; which of
/// them the module lists is not documented and is read at run time. Rails: 7-0040. Modes: nvpmodel_t194_p3668.conf.
board_profile make_jetson_xavier_nx() {
  board_profile board;
  board.name = "jetson-xavier-nx";
  board.title = "NVIDIA Jetson Xavier NX";
  board.chip = soc::tegra194;
  board.compatible = {"p3668"};
  board.models = {"Jetson Xavier NX"};
  board.cpu_hz = kilohertz_steps(115200, 76800, 1881600, {1907200});
  board.gpu_hz = megahertz(
      {114.75, 204, 306, 408, 510, 599.25, 701.25, 752.25, 803.25, 854.25, 905.25, 956.25, 1007.25, 1058.25, 1109.25});
  board.memory_hz = megahertz({204, 408, 665.6, 800, 1065.6, 1331.2, 1600, 1866});
  board.total_rail = "VDD_IN";
  board.rails = {"VDD_IN", "VDD_CPU_GPU_CV", "VDD_SOC"};
  board.modes = {
      {0, "MODE_15W_2CORE", {1907.2e6, 1109.25e6, 1600e6}, 2}, {1, "MODE_15W_4CORE", {1420.8e6, 1109.25e6, 1600e6}, 4},
      {2, "MODE_15W_6CORE", {1420.8e6, 1109.25e6, 1600e6}, 6}, {3, "MODE_10W_2CORE", {1497.6e6, 803.25e6, 1600e6}, 2},
      {4, "MODE_10W_4CORE", {1190.4e6, 803.25e6, 1600e6}, 4},  {5, "MODE_10W_DESKTOP", {1907.2e6, 510e6, 1600e6}, 4},
      {6, "MODE_20W_2CORE", {1907.2e6, 1109.25e6, 1866e6}, 2}, {7, "MODE_20W_4CORE", {1420.8e6, 1109.25e6, 1866e6}, 4},
      {8, "MODE_20W_6CORE", {1420.8e6, 1109.25e6, 1866e6}, 6}};
  board.max_power_watts = 20.0;
  return board;
}

/// CPU, GPU and EMC tables: L4T R32 and R35; the EMC's are the names below …/emc/tables/regular. No rail carries the
/// whole board: the six at 1-0040 and 1-0041 are summed. Modes: nvpmodel_t194.conf.
board_profile make_jetson_agx_xavier() {
  board_profile board;
  board.name = "jetson-agx-xavier";
  board.title = "NVIDIA Jetson AGX Xavier";
  board.chip = soc::tegra194;
  board.compatible = {"p2888", "p2972", "nvidia,galen"};
  board.models = {"Jetson AGX Xavier", "Jetson-AGX"};
  board.cpu_hz = kilohertz_steps(115200, 76800, 2265600);
  board.gpu_hz = megahertz({114.75, 216.75, 318.75, 420.75, 522.75, 624.75, 675.75, 828.75, 905.25, 1032.75, 1198.5,
                            1236.75, 1338.75, 1377});
  board.memory_hz = megahertz({204, 408, 665.6, 800, 1065.6, 1331.2, 1600, 1866, 2133});
  board.total = total_rule::sum;
  board.rails = {"GPU", "CPU", "SOC", "CV", "VDDRQ", "SYS5V"};
  board.modes = {{0, "MAXN", {}, 8},
                 {1, "MODE_10W", {1200e6, 520e6, 1065.6e6}, 2},
                 {2, "MODE_15W", {1200e6, 670e6, 1331.2e6}, 4},
                 {3, "MODE_30W_ALL", {1200e6, 900e6, 1600e6}, 8},
                 {4, "MODE_30W_6CORE", {1450e6, 900e6, 1600e6}, 6},
                 {5, "MODE_30W_4CORE", {1780e6, 900e6, 1600e6}, 4},
                 {6, "MODE_30W_2CORE", {2100e6, 900e6, 1600e6}, 2},
                 {7, "MODE_15W_DESKTOP", {2188.8e6, 670e6, 1331.2e6}, 4}};
  board.max_power_watts = 30.0;
  return board;
}

/// Any machine with cpufreq: everything is read at run time (kernel documentation: admin-guide/pm/cpufreq, powercap).
board_profile make_linux() {
  board_profile board;
  board.name = "linux";
  board.title = "Linux machine";
  board.total = total_rule::counter;
  return board;
}

}  // namespace

std::vector<double> megahertz(std::initializer_list<double> points) {
  std::vector<double> hertz;
  std::transform(points.begin(), points.end(), std::back_inserter(hertz),
                 [](double mhz) { return std::round(mhz * 1e3) * 1e3; });  // whole kilohertz
  return hertz;
}

std::vector<double> kilohertz_steps(int first, int step, int last, std::initializer_list<int> more) {
  std::vector<double> hertz;
  for (int khz = first; khz <= last; khz += step) hertz.push_back(khz * 1e3);
  for (const int khz : more) hertz.push_back(khz * 1e3);
  return hertz;
}

std::span<const board_profile> board_catalogue() {
  static const std::vector<board_profile> boards{
      make_jetson_nano(),      make_jetson_tx2(),     make_jetson_xavier_nx(), make_jetson_agx_xavier(),
      make_jetson_orin_nano(), make_jetson_orin_nx(), make_jetson_agx_orin(),  make_linux()};
  return boards;
}

const board_profile& find_board(std::string_view name) {
  std::vector<std::string_view> names;
  for (const board_profile& board : board_catalogue()) {
    if (board.name == name) return board;
    names.push_back(board.name);
  }
  throw error(errc::unknown_board,
              fmt::format("no board is named '{}'; expected one of {}", name, fmt::join(names, ", ")));
}

double highest_watts(const board_profile& board) {
  constexpr double per_budget = 4.0;
  constexpr double of_any_machine = 2000.0;
  return board.max_power_watts > 0.0 ? per_budget * board.max_power_watts : of_any_machine;
}

const std::vector<double>& operating_points(const board_profile& board, knob which) {
  return which == knob::cpu ? board.cpu_hz : which == knob::gpu ? board.gpu_hz : board.memory_hz;
}

double nearest_point(std::span<const double> points, double hz) {
  const auto above = std::lower_bound(points.begin(), points.end(), hz);
  if (above == points.begin()) return points.front();
  if (above == points.end()) return points.back();
  const double below = *(above - 1);
  return hz - below <= *above - hz ? below : *above;
}

}  // namespace dvfo::device
