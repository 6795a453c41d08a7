#include "device/simulated/calibration/calibration.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <sstream>

#include "device/error.hpp"
#include "tests/support/environment.hpp"
#include "tests/support/temporary_folder.hpp"

namespace {

using namespace dvfo::device;
using namespace dvfo::device::simulated;
using ::testing::HasSubstr;
using files = std::vector<std::filesystem::path>;

const error_row& row_of(const std::vector<error_row>& rows, const std::string& name, const std::string& quantity) {
  const auto found = std::find_if(rows.begin(), rows.end(),
                                  [&](const error_row& r) { return r.name == name && r.quantity == quantity; });
  if (found == rows.end()) throw std::runtime_error("no row " + name);
  return *found;
}

// Measurements that the shipped board itself "made", so that the fit can be judged without outside data.
class made_measurements : public ::testing::Test {
 protected:
  std::filesystem::path latency_file() {
    std::string text = "model,gpu_MHz,emc_MHz,cpu_MHz,batch,latency_ms\n";
    for (const char* network : {"inception_v4", "resnet50", "vgg19"}) {
      for (const double gpu : {114.75e6, 420.75e6, 726.75e6, 1032.75e6, 1300.5e6}) {
        for (const double memory : {1062.4e6, 1866.0e6}) {
          const operating_clocks at{2035.2e6, gpu, memory};
          const double seconds = board_.seconds(board_.measured_network(network).value(), at);
          text += fmt::format("{},{},{},2035.2,1,{}\n", network, gpu / 1e6, memory / 1e6, seconds * 1e3);
        }
      }
    }
    return write("latency.csv", text);
  }

  std::filesystem::path power_file() {
    std::string text = "gpu_MHz,emc_MHz,VDD_IN_W,VDD_SYS_GPU_W,VDD_SYS_SOC_W,VDD_SYS_CPU_W,VDD_SYS_DDR_W,GPU_temp_C\n";
    const auto vgg = board_.measured_network("vgg19").value();
    for (const double gpu : board_.points(knob::gpu)) {
      for (const double memory : {1062.4e6, 1331.2e6, 1600.0e6, 1866.0e6}) {
        const double celsius = 45.0 + gpu / 1e8;
        const auto result = board_.run(vgg, {2035.2e6, gpu, memory}, celsius);
        text += fmt::format("{},{}", gpu / 1e6, memory / 1e6);
        for (std::size_t k = 0; k < 5; ++k) text += fmt::format(",{}", board_.rail_watts(result.watts, k));
        text += fmt::format(",{}\n", celsius);
      }
    }
    return write("power.csv", text);
  }

  std::filesystem::path write(const std::string& name, const std::string& text) {
    dvfo::tests::write_file(folder_.path() / name, text);
    return folder_.path() / name;
  }

  const physics board_ = physics::of_board("jetson-tx2");

 private:
  dvfo::tests::temporary_folder folder_;
};

TEST_F(made_measurements, the_fit_finds_the_board_that_made_them) {
  const auto report = calibrate("jetson-tx2", files{latency_file(), power_file()});
  for (const auto& row : report.errors) {
    EXPECT_LT(row.mean_error.value(), 0.01) << row.name << " " << row.quantity;
  }
  const auto& vgg = report.parameters.networks.back();
  EXPECT_EQ(vgg.name, "vgg19");
  EXPECT_NEAR(vgg.gpu_cycles, board_.measured_network("vgg19")->gpu_cycles, 0.02 * vgg.gpu_cycles);
  EXPECT_EQ(report.parameters.gpu.from.how, origin::fitted);
  // Unseen clocks of the same physics.
  const physics fitted(report.parameters);
  const operating_clocks unseen{2035.2e6, 930.75e6, 1600e6};
  const auto truth = board_.run(*board_.measured_network("vgg19"), unseen, 50.0);
  const auto guess = fitted.run(*fitted.measured_network("vgg19"), unseen, 50.0);
  EXPECT_NEAR(guess.seconds, truth.seconds, 0.01 * truth.seconds);
  EXPECT_NEAR(guess.watts.input, truth.watts.input, 0.01 * truth.watts.input);
}

TEST_F(made_measurements, twice_the_same_text) {
  const files given{latency_file(), power_file()};
  EXPECT_EQ(calibrate("jetson-tx2", given).text, calibrate("jetson-tx2", given).text);
}

TEST_F(made_measurements, clocks_and_networks_left_out_are_reported) {
  const auto report = calibrate("jetson-tx2", files{latency_file(), power_file()});
  ASSERT_EQ(report.by_clock.size(), 3U);
  for (const auto& each : report.by_clock) EXPECT_LT(each.mean, 0.02) << each.name;
  ASSERT_EQ(report.by_network.size(), 3U);
  double mean = 0.0;
  for (const auto& each : report.by_network) mean += each.mean / 3.0;
  EXPECT_NEAR(report.parameters.latency.left_out_error, mean, 1e-6);
}

TEST_F(made_measurements, a_board_without_rows_is_derived_and_says_so) {
  const auto report = calibrate("jetson-orin-nano", {});
  EXPECT_EQ(report.parameters.latency.from.how, origin::derived);
  EXPECT_EQ(report.parameters.gpu.from.how, origin::derived);
  EXPECT_THAT(report.parameters.gpu.from.source, HasSubstr("jetson-agx-orin"));
  EXPECT_TRUE(report.parameters.networks.empty());
}

TEST_F(made_measurements, too_little_to_go_by_is_an_error) {
  EXPECT_THROW(calibrate("jetson-tx2", {}), error);
  EXPECT_THROW(calibrate("jetson-tx2", files{latency_file()}), error) << "no power";
  EXPECT_THROW(calibrate("jetson-tx3", {}), error);
}

TEST_F(made_measurements, evaluation_finds_an_error_that_was_put_in) {
  const double slower = 1100.0 * board_.seconds(*board_.measured_network("vgg19"), board_.highest());
  const auto file = write("m.csv", fmt::format("model,gpu_MHz,emc_MHz,cpu_MHz,batch,latency_ms\n"
                                               "vgg19,1300.5,1866,2035.2,1,{}\n"
                                               "resnet18,1300.5,1866,2035.2,1,10\n"
                                               "mystery,1300.5,1866,2035.2,1,10\n",
                                               slower));
  const auto report = evaluate(shipped_parameters("jetson-tx2"), files{file});
  ASSERT_EQ(report.rows.size(), 3U);
  EXPECT_NEAR(row_of(report.rows, "vgg19", "latency").mean_error.value(), 1.0 - 1.0 / 1.1, 1e-6);
  EXPECT_EQ(row_of(report.rows, "vgg19", "latency").how, origin::fitted);
  const auto published = row_of(report.rows, "resnet18", "latency");
  EXPECT_EQ(published.how, origin::derived);
  EXPECT_TRUE(published.mean_error.has_value());
  const auto unknown_network = row_of(report.rows, "mystery", "latency");
  EXPECT_FALSE(unknown_network.mean_error.has_value()) << "never silently left out";
  EXPECT_THAT(unknown_network.note, HasSubstr("not predicted"));
}

// -- with the real measurements, where they are ---------------------------------------------------------------------

class real_measurements : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto folder = dvfo::tests::variable("DVFO_CALIBRATION");
    if (!folder) {
      GTEST_SKIP() << "DVFO_CALIBRATION does not name the folder of tx2-latency-fit.csv, tx2-power-fit.csv and "
                      "mlperf-jetson-fit.csv";
    }
    folder_ = *folder;
  }
  files tx2() { return {folder_ / "tx2-latency-fit.csv", folder_ / "tx2-power-fit.csv"}; }
  files mlperf() { return {folder_ / "mlperf-jetson-fit.csv"}; }

 private:
  std::filesystem::path folder_;
};

// As many lines, the same keys and words. Figures may differ in the last digits between
// compilers and processors.
void expect_same(const std::string& fresh, const std::string& shipped) {
  std::istringstream left(fresh);
  std::istringstream right(shipped);
  EXPECT_EQ(std::count(fresh.begin(), fresh.end(), '\n'), std::count(shipped.begin(), shipped.end(), '\n'));
  for (std::string a, b; std::getline(left, a) && std::getline(right, b);) {
    if (a == b) continue;
    const auto equals = a.find(" = ");
    ASSERT_NE(equals, std::string::npos) << a << " against " << b;
    ASSERT_EQ(a.substr(0, equals), b.substr(0, std::min(equals, b.size())));
    const double x = std::strtod(a.c_str() + equals + 3, nullptr);
    const double y = std::strtod(b.c_str() + equals + 3, nullptr);
    ASSERT_NE(x, 0.0) << a << " against " << b;
    EXPECT_NEAR(x, y, 1e-3 * std::abs(x)) << a.substr(0, equals);
  }
}

TEST_F(real_measurements, shipped_files_are_what_the_command_writes) {
  const std::map<std::string, files> inputs{{"jetson-tx2", tx2()},          {"jetson-nano", {}},
                                            {"jetson-xavier-nx", mlperf()}, {"jetson-agx-xavier", mlperf()},
                                            {"jetson-agx-orin", mlperf()},  {"jetson-orin-nx", mlperf()},
                                            {"jetson-orin-nano", {}}};
  ASSERT_EQ(inputs.size(), shipped_boards().size());
  for (const auto& [board, given] : inputs) {
    SCOPED_TRACE(board);
    const auto fresh = calibrate(board, given);
    expect_same(format_parameters(fresh.parameters, ""), format_parameters(shipped_parameters(board), ""));
  }
}

TEST_F(real_measurements, tx2_meets_its_bars) {
  const auto report = evaluate(shipped_parameters("jetson-tx2"), tx2());
  for (const auto& row : report.rows) {
    const double bar = row.quantity == "latency" ? 0.01 : row.name == "VDD_IN" ? 0.06 : 0.10;
    EXPECT_LE(row.mean_error.value(), bar) << row.name;
  }
  EXPECT_EQ(report.rows.size(), 9U);
}

TEST_F(real_measurements, tx2_holds_at_clocks_it_was_not_fitted_to) {
  const auto report = calibrate("jetson-tx2", tx2());
  ASSERT_EQ(report.by_clock.size(), 4U);
  for (const auto& each : report.by_clock) EXPECT_LE(each.mean, 0.02) << each.name;
}

TEST_F(real_measurements, xavier_nx_meets_its_bars) {
  const auto report = evaluate(shipped_parameters("jetson-xavier-nx"), mlperf());
  EXPECT_EQ(report.rows.size(), 12U);
  for (const auto& row : report.rows) {
    EXPECT_LE(row.mean_error.value(), row.quantity == "latency" ? 0.05 : 0.10) << row.name;
  }
}

}  // namespace
