// What DVFO reads on every recorded tree, against values worked out by hand from the tree's files and the documents'
// formulas: iio mW / 1000; hwmon mV × mA / 10⁶; load / 1000; kHz × 1000; thousandths of a degree / 1000.
#include <gtest/gtest.h>

#include <ostream>

#include "tests/device/sensor_support.hpp"

namespace dvfo::tests {
namespace {

struct golden_rail {
  std::string name;
  double volts, amperes, watts;
};

struct golden_zone {
  std::string name;
  double celsius;
};

struct golden {
  std::string tree;
  std::string board;
  int jetpack;
  std::string source;
  double total_watts;
  double interval_seconds;
  std::vector<golden_rail> rails;
  double cpu_hz, gpu_hz, memory_hz;
  double gpu_utilisation;
  std::optional<double> memory_utilisation;
  std::vector<golden_zone> zones;
  golden_zone die;  // the hottest sensor of the die
};

std::ostream& operator<<(std::ostream& out, const golden& one) { return out << one.tree; }

const std::vector<golden_zone> xavier_nx_zones{
    {"CPU-therm", 36.5}, {"GPU-therm", 35.0}, {"AUX-therm", 34.5}, {"AO-therm", 35.5}, {"thermal-fan-est", 35.95}};
// The GPU is the hottest.
const std::vector<golden_zone> xavier_nx_zones_jp5{
    {"CPU-therm", 36.5}, {"GPU-therm", 41.0}, {"AUX-therm", 34.5}, {"AO-therm", 35.5}, {"thermal-fan-est", 35.95}};
const std::vector<golden_zone> agx_xavier_zones{
    {"CPU-therm", 38.0},    {"GPU-therm", 37.5},     {"AUX-therm", 36.5},       {"AO-therm", 36.0},
    {"Tboard_tegra", 33.0}, {"Tdiode_tegra", 35.25}, {"thermal-fan-est", 37.35}};
// cv0 to cv2 are switched off.
const std::vector<golden_zone> orin_zones{{"cpu-thermal", 47.25}, {"gpu-thermal", 45.5},    {"soc0-thermal", 46.031},
                                          {"soc1-thermal", 47.0}, {"soc2-thermal", 45.875}, {"tj-thermal", 47.25}};
// A GPU at work beside a CPU that waits.
const std::vector<golden_zone> orin_zones_hot_gpu{{"cpu-thermal", 40.0},    {"gpu-thermal", 83.0},
                                                  {"soc0-thermal", 46.031}, {"soc1-thermal", 47.0},
                                                  {"soc2-thermal", 45.875}, {"tj-thermal", 83.0}};
// NC channels are no rails.
const std::vector<golden_rail> agx_orin_rails{{"VDD_GPU_SOC", 19.032, 0.320, 6.09024},
                                              {"VDD_CPU_CV", 19.032, 0.104, 1.979328},
                                              {"VIN_SYS_5V0", 5.048, 0.828, 4.179744},
                                              {"VDDQ_VDD2_1V8AO", 19.032, 0.076, 1.446432}};

const std::vector<golden> all_boards{
    {"jetson-nano-jp4",
     "jetson-nano",
     4,
     "rail POM_5V_IN",
     1.494,
     0.02,
     {{"POM_5V_IN", 5.048, 0.296, 1.494}, {"POM_5V_GPU", 5.048, 0.024, 0.121}, {"POM_5V_CPU", 5.048, 0.096, 0.484}},
     1'224'000'000.0,
     460'800'000.0,
     1'600'000'000.0,
     0.371,
     0.25,
     {{"AO-therm", 41.5}, {"CPU-therm", 34.5}, {"GPU-therm", 33.0}, {"PLL-therm", 32.5}, {"thermal-fan-est", 33.75}},
     {"CPU-therm", 34.5}},
    {"jetson-tx2-jp4",
     "jetson-tx2",
     4,
     "rail VDD_IN",
     5.525,
     0.02,
     {{"VDD_SYS_GPU", 19.192, 0.084, 1.612},
      {"VDD_SYS_SOC", 19.192, 0.060, 1.151},
      {"VDD_4V0_WIFI", 4.792, 0.004, 0.019},
      {"VDD_IN", 19.184, 0.288, 5.525},
      {"VDD_SYS_CPU", 19.184, 0.044, 0.844},
      {"VDD_SYS_DDR", 19.184, 0.068, 1.304},
      {"VDD_MUX", 19.192, 0.240, 4.606},
      {"VDD_5V0_IO_SYS", 4.976, 0.112, 0.557},
      {"VDD_3V3_SYS", 3.328, 0.064, 0.212},
      {"VDD_3V3_IO_SLP", 3.320, 0.008, 0.026},
      {"VDD_1V8_IO", 1.800, 0.016, 0.028},
      {"VDD_3V3_SYS_M2", 3.320, 0.004, 0.013}},
     1'728'000'000.0,
     726'750'000.0,
     1'600'000'000.0,
     0.642,
     0.3,
     {{"BCPU-therm", 38.5},
      {"MCPU-therm", 39.0},
      {"GPU-therm", 37.0},
      {"PLL-therm", 38.0},
      {"Tboard_tegra", 34.0},
      {"Tdiode_tegra", 35.5},
      {"thermal-fan-est", 37.7}},
     {"MCPU-therm", 39.0}},
    {"jetson-xavier-nx-jp4",
     "jetson-xavier-nx",
     4,
     "rail VDD_IN",
     5.974,
     0.02,
     {{"VDD_IN", 5.08, 1.176, 5.974}, {"VDD_CPU_GPU_CV", 5.08, 0.472, 2.397}, {"VDD_SOC", 5.08, 0.264, 1.341}},
     1'420'800'000.0,
     803'250'000.0,
     1'600'000'000.0,
     0.458,
     std::nullopt,
     xavier_nx_zones,
     {"CPU-therm", 36.5}},
    {"jetson-xavier-nx-jp5",
     "jetson-xavier-nx",
     5,
     "rail VDD_IN",
     6.005248,
     0.43,
     {{"VDD_IN", 5.072, 1.184, 6.005248},
      {"VDD_CPU_GPU_CV", 5.072, 0.480, 2.43456},
      {"VDD_SOC", 5.072, 0.272, 1.379584}},
     1'420'800'000.0,
     803'250'000.0,
     1'600'000'000.0,
     0.458,
     std::nullopt,
     xavier_nx_zones_jp5,
     {"GPU-therm", 41.0}},
    {"jetson-agx-xavier-jp4",
     "jetson-agx-xavier",
     4,
     "sum of 6 rails",
     11.964,
     0.02,
     {{"GPU", 19.056, 0.160, 3.048},
      {"CPU", 19.056, 0.088, 1.676},
      {"SOC", 19.056, 0.144, 2.744},
      {"CV", 19.056, 0.008, 0.152},
      {"VDDRQ", 19.056, 0.056, 1.067},
      {"SYS5V", 19.056, 0.172, 3.277}},
     1'958'400'000.0,
     675'750'000.0,
     2'133'000'000.0,
     0.815,
     std::nullopt,
     agx_xavier_zones,
     {"CPU-therm", 38.0}},
    {"jetson-agx-xavier-jp5",
     "jetson-agx-xavier",
     5,
     "sum of 6 rails",
     11.962144,
     0.43,
     {{"GPU", 19.048, 0.160, 3.04768},
      {"CPU", 19.048, 0.088, 1.676224},
      {"SOC", 19.048, 0.144, 2.742912},
      {"CV", 19.048, 0.008, 0.152384},
      {"VDDRQ", 19.048, 0.056, 1.066688},
      {"SYS5V", 19.048, 0.172, 3.276256}},
     1'958'400'000.0,
     675'750'000.0,
     2'133'000'000.0,
     0.815,
     std::nullopt,
     agx_xavier_zones,
     {"CPU-therm", 38.0}},
    {"jetson-orin-nano-jp5",
     "jetson-orin-nano",
     5,
     "rail VDD_IN",
     5.590656,
     0.43,
     {{"VDD_IN", 5.064, 1.104, 5.590656},
      {"VDD_CPU_GPU_CV", 5.064, 0.336, 1.701504},
      {"VDD_SOC", 5.064, 0.368, 1.863552}},
     1'190'400'000.0,
     510'000'000.0,
     2'133'000'000.0,
     0.269,
     std::nullopt,
     orin_zones,
     {"cpu-thermal", 47.25}},
    {"jetson-orin-nano-jp6",
     "jetson-orin-nano",
     6,
     "rail VDD_IN",
     6.512128,
     0.43,
     {{"VDD_IN", 5.056, 1.288, 6.512128},
      {"VDD_CPU_GPU_CV", 5.056, 0.424, 2.143744},
      {"VDD_SOC", 5.056, 0.432, 2.184192}},
     1'344'000'000.0,
     612'000'000.0,
     3'199'000'000.0,
     0.523,
     std::nullopt,
     orin_zones_hot_gpu,
     {"gpu-thermal", 83.0}},
    {"jetson-orin-nx-jp5",
     "jetson-orin-nx",
     5,
     "rail VDD_IN",
     6.713344,
     0.43,
     {{"VDD_IN", 19.072, 0.352, 6.713344},
      {"VDD_CPU_GPU_CV", 19.072, 0.088, 1.678336},
      {"VDD_SOC", 19.072, 0.124, 2.364928}},
     1'497'600'000.0,
     408'000'000.0,
     3'199'000'000.0,
     0.377,
     std::nullopt,
     orin_zones,
     {"cpu-thermal", 47.25}},
    {"jetson-orin-nx-jp6",
     "jetson-orin-nx",
     6,
     "rail VDD_IN",
     7.701856,
     0.43,
     {{"VDD_IN", 19.064, 0.404, 7.701856},
      {"VDD_CPU_GPU_CV", 19.064, 0.116, 2.211424},
      {"VDD_SOC", 19.064, 0.132, 2.516448}},
     1'651'200'000.0,
     510'000'000.0,
     3'199'000'000.0,
     0.702,
     std::nullopt,
     orin_zones,
     {"cpu-thermal", 47.25}},
    {"jetson-agx-orin-jp5",
     "jetson-agx-orin",
     5,
     "sum of 4 rails",
     13.695744,
     0.43,
     agx_orin_rails,
     1'497'600'000.0,
     714'000'000.0,
     3'199'000'000.0,
     0.911,
     std::nullopt,
     orin_zones,
     {"cpu-thermal", 47.25}},
    {"jetson-agx-orin-jp6",
     "jetson-agx-orin",
     6,
     "sum of 4 rails",
     13.695744,
     0.43,
     agx_orin_rails,
     1'497'600'000.0,
     714'000'000.0,
     3'199'000'000.0,
     0.911,
     std::nullopt,
     orin_zones,
     {"cpu-thermal", 47.25}},
};

class golden_readings : public testing::TestWithParam<golden> {};

TEST_P(golden_readings, hold_for_everything_that_the_board_tells) {
  const golden& expected = GetParam();
  const sysfs_tree tree(expected.tree);
  const device::board_identity board = device::detect(tree.root());
  EXPECT_EQ(board.profile->name, expected.board);
  EXPECT_EQ(board.jetpack, expected.jetpack);
  notices said;
  device::sensor_set sensors(board, said.receiver());
  const device::telemetry reading = sensors.read(at(1.0));

  EXPECT_EQ(sensors.total_source(), expected.source);
  ASSERT_TRUE(reading.total_watts);
  EXPECT_NEAR(*reading.total_watts, expected.total_watts, 1e-9);
  EXPECT_FALSE(reading.total_joules) << "no counter on a Jetson";
  EXPECT_NEAR(sensors.update_interval_seconds(), expected.interval_seconds, 1e-12);
  EXPECT_EQ(reading.rails.size(), expected.rails.size());
  for (const golden_rail& rail : expected.rails) {
    SCOPED_TRACE(rail.name);
    const auto* const found = find_rail(reading, rail.name);
    ASSERT_NE(found, nullptr);
    EXPECT_NEAR(found->volts.value_or(-1.0), rail.volts, 1e-9);
    EXPECT_NEAR(found->amperes.value_or(-1.0), rail.amperes, 1e-9);
    EXPECT_NEAR(found->watts.value_or(-1.0), rail.watts, 1e-9);
    EXPECT_FALSE(found->energy_joules);
  }
  EXPECT_EQ(reading.now.cpu_hz, expected.cpu_hz);
  EXPECT_EQ(reading.now.gpu_hz, expected.gpu_hz);
  EXPECT_EQ(reading.now.memory_hz, expected.memory_hz);
  EXPECT_NEAR(reading.gpu_utilisation.value_or(-1.0), expected.gpu_utilisation, 1e-12);
  EXPECT_EQ(reading.memory_utilisation.has_value(), expected.memory_utilisation.has_value());
  EXPECT_NEAR(reading.memory_utilisation.value_or(-1.0), expected.memory_utilisation.value_or(-1.0), 1e-12);
  EXPECT_FALSE(reading.cpu_utilisation) << "it takes two readings";
  EXPECT_EQ(reading.temperatures.size(), expected.zones.size());
  for (const golden_zone& zone : expected.zones) {
    SCOPED_TRACE(zone.name);
    EXPECT_NEAR(celsius_of(reading, zone.name).value_or(-1.0), zone.celsius, 1e-9);
  }
  const auto* const die = device::hottest_of_die(reading.temperatures);
  ASSERT_NE(die, nullptr);
  EXPECT_EQ(die->zone, expected.die.name);
  EXPECT_NEAR(die->celsius, expected.die.celsius, 1e-9);
  EXPECT_EQ(said.texts, std::vector<std::string>());
}

TEST_P(golden_readings, give_the_same_power_when_only_power_is_read) {
  const golden& expected = GetParam();
  sensed_tree board(expected.tree);
  const device::telemetry reading = board.sensors.read_power(at(1.0));
  EXPECT_NEAR(reading.total_watts.value_or(-1.0), expected.total_watts, 1e-9);
  for (const golden_rail& rail : expected.rails) {
    EXPECT_NEAR(watts_of(reading, rail.name).value_or(-1.0), rail.watts, 1e-9) << rail.name;
  }
  EXPECT_FALSE(reading.now.any());
  EXPECT_TRUE(reading.temperatures.empty());
}

INSTANTIATE_TEST_SUITE_P(boards, golden_readings, testing::ValuesIn(all_boards), [](const auto& board) {
  std::string name = board.param.tree;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

}  // namespace
}  // namespace dvfo::tests
