#include "device/simulated/calibration/measurements.hpp"

#include <gmock/gmock.h>

#include "device/error.hpp"
#include "tests/support/temporary_folder.hpp"

namespace {

using namespace dvfo::device;
using namespace dvfo::device::simulated;
using ::testing::Contains;
using ::testing::HasSubstr;

class measurements : public ::testing::Test {
 protected:
  measurement_set read(const std::string& text, const std::string& board = "jetson-xavier-nx") {
    const auto file = folder_.path() / "m.csv";
    dvfo::tests::write_file(file, text);
    return read_measurements(std::vector{file}, board, {{1.1904e9, 1.9072e9}, {114.75e6, 854.25e6}, {1.6e9, 1.866e9}});
  }
  std::string problem(const std::string& text) {
    try {
      (void)read(text);
    } catch (const error& found) {
      return found.what();
    }
    return "no error";
  }

 private:
  dvfo::tests::temporary_folder folder_;
};

TEST_F(measurements, latency_rows_in_si_units) {
  const auto set = read("model,gpu_MHz,emc_MHz,cpu_MHz,batch,latency_ms\r\nresnet,854.25,1600,1907.2,1,2.5\r\n\r\n");
  ASSERT_EQ(set.rows.size(), 1U);
  EXPECT_EQ(set.rows[0].label, "resnet");
  EXPECT_EQ(set.rows[0].network, "resnet50");
  EXPECT_EQ(set.rows[0].at, (operating_clocks{1.9072e9, 854.25e6, 1.6e9}));
  EXPECT_DOUBLE_EQ(set.rows[0].seconds.value(), 0.0025);
  EXPECT_TRUE(set.notes.empty());
}

TEST_F(measurements, a_byte_order_mark_and_comments_say_nothing) {
  const auto set = read("\xEF\xBB\xBF# by hand\r\nmodel,gpu_MHz,latency_ms\r\n# slow\r\nresnet,854.25,2.5\r\n");
  ASSERT_EQ(set.rows.size(), 1U);
  EXPECT_EQ(set.rows[0].label, "resnet");
  EXPECT_THAT(problem("# by hand\nmodel,gpu_MHz,latency_ms\n\nresnet,fast,2.5\n"), HasSubstr(":4: column gpu_MHz"));
}

TEST_F(measurements, rail_rows_round_clocks_and_mean_vgg19) {
  const auto set = read(
      "gpu_MHz,emc_MHz,n_samples,VDD_IN_W,VDD_SOC_W,VDD_SYS_GPU_W,emc_util_x_MHz,GPU_temp_C\n"
      "114,1600,9,4.5,0.5,1.0,80.9,41.2\n");
  ASSERT_EQ(set.rows.size(), 1U);
  const auto& row = set.rows[0];
  EXPECT_EQ(row.at.gpu_hz, 114.75e6) << "files round clocks";
  EXPECT_EQ(row.network, "vgg19");
  ASSERT_EQ(row.rail_watts.size(), 2U) << "the rail of another board is not ours";
  EXPECT_EQ(row.rail_watts[0], (std::pair<std::string, double>{"VDD_IN", 4.5}));
  EXPECT_DOUBLE_EQ(row.memory_busy_hz.value(), 80.9e6);
  EXPECT_DOUBLE_EQ(row.celsius.value(), 41.2);
  EXPECT_THAT(set.notes, Contains(HasSubstr("VGG19")));
}

TEST_F(measurements, mlperf_rows_of_this_board_only) {
  const auto set = read(
      "system,model,scenario,gpu_max_MHz,emc_max_MHz,cpu_MHz,precision_note,mean_latency_ms,wall_power_W_busy_mean\n"
      "Xavier_NX_MaxQ,resnet50,SingleStream,854.25,1600,1190.4x2,\"int8, \"\"GPU\"\"\",3.018,12.07\n"
      "AGX_Xavier_MaxQ,resnet50,SingleStream,675.75,1600,1190.4x2,,3.172,15.21\n"
      "Xavier_NX,resnet50,MultiStream,,,,,9.9,\n"
      "Xavier_NX,resnet50,Offline,,,,,9.9,\n");
  ASSERT_EQ(set.rows.size(), 3U);
  EXPECT_EQ(set.rows[0].at, (operating_clocks{1.1904e9, 854.25e6, 1.6e9}));
  EXPECT_DOUBLE_EQ(set.rows[0].wall_watts.value(), 12.07);
  EXPECT_EQ(set.rows[1].at, (operating_clocks{1.9072e9, 854.25e6, 1.866e9})) << "clocks not stated: the highest";
  EXPECT_EQ(set.rows[1].batch, 8.0);
  EXPECT_EQ(set.rows[1].network, "resnet50 x8");
  EXPECT_FALSE(set.rows[1].wall_watts.has_value());
  EXPECT_THAT(set.rows[2].unsupported, HasSubstr("Offline"));
  EXPECT_THAT(set.notes, Contains(HasSubstr("1 rows are of other boards")));
  EXPECT_THAT(set.notes, Contains(HasSubstr("without a GPU clock")));
}

TEST_F(measurements, an_unknown_clock_is_taken_as_it_is_and_said) {
  const auto set = read("model,gpu_MHz,emc_MHz,cpu_MHz,latency_ms\nresnet,500,1600,1907.2,2.5\n");
  EXPECT_EQ(set.rows.at(0).at.gpu_hz, 500e6);
  EXPECT_THAT(set.notes, Contains(HasSubstr("no operating point")));
}

TEST_F(measurements, errors_name_file_line_and_column) {
  const std::string head = "model,gpu_MHz,emc_MHz,cpu_MHz,latency_ms\n";
  EXPECT_THAT(problem(head + "resnet,854.25,1600,1907.2\n"), HasSubstr("m.csv:2: 4 fields under a header of 5"));
  EXPECT_THAT(problem(head + "resnet,fast,1600,1907.2,2.5\n"), HasSubstr("m.csv:2: column gpu_MHz is 'fast'"));
  EXPECT_THAT(problem(head + "\nresnet,854.25,1600,1907.2,-2\n"), HasSubstr("m.csv:3: column latency_ms is '-2'"));
  EXPECT_THAT(problem("a,b\n1,2\n"), HasSubstr("no column gpu_MHz"));
  EXPECT_THAT(problem("gpu_MHz,b\n1,2\n"), HasSubstr("latency_ms"));
  EXPECT_THAT(problem(""), HasSubstr("empty"));
}

}  // namespace
