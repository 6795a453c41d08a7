#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <iterator>

#include "tests/integration/programs.hpp"
#include "tests/support/temporary_folder.hpp"

// A node on a simulated Jetson whose sysfs tree stays: what it does to the clocks, also when it is killed, can be read
// in the tree as on a real board.
namespace dvfo::tests {
namespace {

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Every file that DVFO may write on a Jetson, with what it holds.
std::map<std::string, std::string> knobs(const std::filesystem::path& root) {
  std::map<std::string, std::string> out;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    const auto name = entry.path().filename().string();
    for (const char* knob : {"scaling_min_freq", "scaling_max_freq", "scaling_governor", "min_freq", "max_freq",
                             "governor", "mrq_rate_locked", "railgate_enable"}) {
      if (name == knob && entry.is_regular_file()) out[entry.path().lexically_relative(root)] = text_of(entry.path());
    }
  }
  return out;
}

bool has_gpu_clock(const task_report& report) { return report.outcome.clocks.gpu_hz.has_value(); }

class node_on_a_board : public ::testing::Test {
 protected:
  std::vector<std::string> with(const std::string& clocks, const std::string& tasks) const {
    return {"--board", "sim:jetson-tx2", "--board-dir", tree_.string(), "--clocks", clocks, "--tasks", tasks};
  }

  /// The tree as a board has it before DVFO ever ran on it.
  std::map<std::string, std::string> untouched() {
    run_edge("inproc", with("keep", "1"));
    auto out = knobs(tree_);
    EXPECT_GE(out.size(), 10U);
    return out;
  }

  temporary_folder place_;
  std::filesystem::path tree_ = place_.path() / "tx2";
};

TEST_F(node_on_a_board, reports_clocks_and_energy_of_every_task) {
  const auto reports = run_edge("inproc", with("lowest", "300"));
  const auto& last = reports.rbegin()->second.outcome;
  EXPECT_EQ(last.clocks.gpu_hz, 114'750'000.0);
  EXPECT_TRUE(last.clocks.cpu_hz && last.clocks.memory_hz);
  EXPECT_GT(last.eti_measured_joules, 0.0);
  EXPECT_GT(last.eti_estimated_joules, 0.0);
}

TEST_F(node_on_a_board, puts_the_clocks_back_at_sigterm) {
  const auto before = untouched();
  auto edge = start_edge("inproc", with("lowest", "1000000000"));
  std::vector<task_report> reports;
  read_until(edge, reports, has_gpu_clock);
  EXPECT_NE(knobs(tree_), before);
  edge.signal(SIGTERM);
  read_rest(edge, reports);
  EXPECT_EQ(edge.wait(), 0);
  EXPECT_EQ(knobs(tree_), before);
}

TEST_F(node_on_a_board, killed_in_mid_task_has_its_clocks_put_back_by_the_next_start) {
  const auto before = untouched();
  auto edge = start_edge("inproc", with("lowest", "1000000000"));
  std::vector<task_report> reports;
  read_until(edge, reports, has_gpu_clock);
  edge.signal(SIGKILL);
  edge.wait();
  EXPECT_NE(knobs(tree_), before) << "nobody could put them back";
  run_edge("inproc", with("keep", "1"));
  EXPECT_EQ(knobs(tree_), before);
}

TEST_F(node_on_a_board, goes_on_when_the_boards_files_disappear) {
  auto edge = start_edge("inproc", with("middle", "2000"));
  std::vector<task_report> reports;
  read_until(edge, reports, has_gpu_clock);
  std::filesystem::remove_all(tree_);
  read_rest(edge, reports);
  EXPECT_EQ(edge.wait(), 0);
  EXPECT_EQ(reports.size(), 2000U);
  expect_complete_and_in_time(reports);
}

TEST_F(node_on_a_board, of_another_name_is_refused_with_the_names_there_are) {
  auto edge = start_edge("inproc", {"--board", "sim:jetson-xavier", "--tasks", "1"});
  EXPECT_NE(edge.wait(), 0);
}

}  // namespace
}  // namespace dvfo::tests
