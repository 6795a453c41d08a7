#include "cli/top/task_follower.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "device/error.hpp"
#include "tests/support/temporary_folder.hpp"

namespace dvfo::cli {
namespace {

using namespace std::chrono_literals;
using tests::temporary_folder;
using tests::write_file;

constexpr const char* answer = R"({"index": 1, "tti_seconds": 0.02, "energy": {"measured_joules": 0.1}})";
constexpr const char* failure = R"({"index": 2, "error": "no image"})";

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
  append(std::string(answer) + "\n");
  task_follower tasks(file_);
  EXPECT_EQ(tasks.look(at(0s)).answered, 0U);
  append(std::string(answer) + "\n" + failure + "\n" + answer + "\n");
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
    for (int i = 0; i < (second <= 15 ? 1 : 4); ++i) append(std::string(answer) + "\n");
    const auto seen = tasks.look(at(std::chrono::seconds(second)));
    if (second == 15 || second == 30) {
      EXPECT_DOUBLE_EQ(seen.per_second, second == 15 ? 1.0 : 4.0);
    }
  }
  EXPECT_DOUBLE_EQ(tasks.look(at(60s)).per_second, 0.0);
  EXPECT_FALSE(tasks.look(at(61s)).mean_seconds);
}

TEST_F(follower, a_line_counts_when_it_is_whole) {
  append(std::string(answer).substr(0, 30));
  task_follower tasks(file_);
  tasks.look(at(0s));
  append(std::string(answer).substr(30) + "\n" + std::string(answer).substr(0, 10));
  // The first line began before; the second has no end yet.
  EXPECT_EQ(tasks.look(at(1s)).answered, 0U);
  append(std::string(answer).substr(10) + "\n");
  EXPECT_EQ(tasks.look(at(2s)).answered, 1U);
}

TEST_F(follower, a_file_may_come_later_be_cut_and_be_made_anew) {
  task_follower tasks(file_);
  EXPECT_EQ(tasks.look(at(0s)).answered, 0U);
  append(std::string(answer) + "\n" + answer + "\n");
  EXPECT_EQ(tasks.look(at(1s)).answered, 2U);
  write_file(file_, std::string(answer) + "\n");  // as a node that starts anew
  EXPECT_EQ(tasks.look(at(2s)).answered, 3U);
  std::filesystem::remove(file_);
  append(std::string(answer) + "\n");
  EXPECT_EQ(tasks.look(at(3s)).answered, 4U);
  append(std::string(answer) + "\n");
  EXPECT_EQ(tasks.look(at(4s)).answered, 5U);
}

TEST_F(follower, what_is_no_record_is_not_counted) {
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
  append(std::string(answer) + "\n" + R"({"index": 3, "tti_seconds": 0.04, "energy": {}})" + "\n");
  const auto seen = tasks.look(at(1s));
  EXPECT_DOUBLE_EQ(*seen.mean_seconds, 0.03);
  EXPECT_FALSE(seen.mean_joules);
}

TEST_F(follower, a_folder_that_does_not_exist_is_an_error) {
  EXPECT_THROW(task_follower(folder_.path() / "no" / "results.jsonl"), device::error);
}

}  // namespace
}  // namespace dvfo::cli
