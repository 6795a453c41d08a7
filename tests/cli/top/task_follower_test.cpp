#include "cli/top/task_follower.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <optional>
#include <string>

#include "device/error.hpp"
#include "edge_node/report.hpp"
#include "tests/support/temporary_folder.hpp"

namespace dvfo::cli {
namespace {

using namespace std::chrono_literals;
using tests::temporary_folder;
using tests::write_file;

std::string answer_of(double seconds, std::optional<double> joules) {
  edge_node::task_report report;
  report.outcome.tti = seconds;
  report.outcome.eti_measured_joules = joules;
  return edge_node::to_line(report);
}

const std::string answer = answer_of(0.02, 0.1);
const std::string failure = edge_node::to_line({.input = "a.png", .failure = "no image"});

class follower : public ::testing::Test {
 protected:
  void append(const std::string& text) const { std::ofstream(file_, std::ios::app) << text; }
  [[nodiscard]] static task_follower::time_point at(std::chrono::milliseconds when) {
    return task_follower::time_point(when);
  }

  temporary_folder folder_;
  std::filesystem::path file_ = folder_.path() / "results.jsonl";
};

TEST_F(follower, counts_from_now_on) {
  append(answer + "\n");
  task_follower tasks(file_);
  EXPECT_EQ(tasks.look(at(0s)).answered, 0U);
  append(answer + "\n" + failure + "\n" + answer + "\n");
  const auto seen = tasks.look(at(2s));
  EXPECT_EQ(seen.answered, 2U);
  EXPECT_EQ(seen.failed, 1U);
  EXPECT_DOUBLE_EQ(seen.per_second, 1.0);
  EXPECT_DOUBLE_EQ(*seen.mean_seconds, 0.02);
  EXPECT_DOUBLE_EQ(*seen.mean_joules, 0.1);
}

TEST_F(follower, the_rate_is_that_of_the_last_ten_seconds) {
  append("");
  task_follower tasks(file_);
  tasks.look(at(0s));
  for (int second = 1; second <= 30; ++second) {
    for (int i = 0; i < (second <= 15 ? 1 : 4); ++i) append(answer + "\n");
    const auto seen = tasks.look(at(std::chrono::seconds(second)));
    if (second == 15 || second == 30) {
      EXPECT_DOUBLE_EQ(seen.per_second, second == 15 ? 1.0 : 4.0);
    }
  }
  EXPECT_DOUBLE_EQ(tasks.look(at(60s)).per_second, 0.0);
  EXPECT_FALSE(tasks.look(at(61s)).mean_seconds);
}

TEST_F(follower, a_line_counts_when_it_is_whole) {
  append(answer.substr(0, 30));
  task_follower tasks(file_);
  tasks.look(at(0s));
  append(answer.substr(30) + "\n" + answer.substr(0, 10));
  // The first line began before; the second has no end yet.
  EXPECT_EQ(tasks.look(at(1s)).answered, 0U);
  append(answer.substr(10) + "\n");
  EXPECT_EQ(tasks.look(at(2s)).answered, 1U);
}

TEST_F(follower, a_file_may_come_later_be_cut_and_be_made_anew) {
  task_follower tasks(file_);
  EXPECT_EQ(tasks.look(at(0s)).answered, 0U);
  append(answer + "\n" + answer + "\n");
  EXPECT_EQ(tasks.look(at(1s)).answered, 2U);
  write_file(file_, answer + "\n");  // as a node that starts anew
  EXPECT_EQ(tasks.look(at(2s)).answered, 3U);
  std::filesystem::remove(file_);
  append(answer + "\n");
  EXPECT_EQ(tasks.look(at(3s)).answered, 4U);
  append(answer + "\n");
  EXPECT_EQ(tasks.look(at(4s)).answered, 5U);
}

TEST_F(follower, what_is_no_report_is_not_counted) {
  task_follower tasks(file_);
  tasks.look(at(0s));
  append("junk\n\n[1, 2]\n{\"index\": 1}\n{\"tti_seconds\": 1}\n{\"index\": 1, \"tti_seconds\": \"x\"}\n");
  append(std::string(std::size_t{3} << 20U, 'x') + "\n" + answer + "\n");
  const auto seen = tasks.look(at(1s));
  EXPECT_EQ(seen.answered, 1U);
  EXPECT_EQ(seen.failed, 0U);
}

TEST_F(follower, joules_are_absent_unless_every_task_has_them) {
  append("");
  task_follower tasks(file_);
  tasks.look(at(0s));
  append(answer + "\n" + answer_of(0.04, std::nullopt) + "\n");
  const auto seen = tasks.look(at(1s));
  EXPECT_DOUBLE_EQ(*seen.mean_seconds, 0.03);
  EXPECT_FALSE(seen.mean_joules);
}

TEST_F(follower, a_folder_that_does_not_exist_is_an_error) {
  EXPECT_THROW(task_follower(folder_.path() / "no" / "results.jsonl"), device::error);
}

}  // namespace
}  // namespace dvfo::cli
