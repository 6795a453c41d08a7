#include "policy/experience/experience_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "tests/support/temporary_folder.hpp"

namespace dvfo::policy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::uint64_t limit = 4096;

messages::experience_header some_header() {
  return {.board = "jetson-tx2", .network = "fake", .scheme = "dvfo", .max_power_watts = 15.0};
}

experience task(std::uint64_t id) {
  experience out;
  out.task_id = id;
  out.seen.eta = 0.25;
  out.seen.bandwidth_bps = 5e6;
  out.decided.share = 0.5;
  out.tti_seconds = 0.01;
  out.joules = 0.02;
  return out;
}

class experience_file_test : public ::testing::Test {
 protected:
  stored_experience read() {
    return read_experience(file_, [&](const std::string& what) { told_.push_back(what); });
  }
  std::vector<std::uint64_t> read_ids() {
    std::vector<std::uint64_t> out;
    for (const auto& each : read().tasks) out.push_back(each.task_id);
    return out;
  }
  std::string refusal() {
    try {
      read();
    } catch (const std::runtime_error& problem) {
      return problem.what();
    }
    return "none";
  }

  tests::temporary_folder folder_;
  std::filesystem::path file_ = folder_.path() / "tasks.record";
  std::filesystem::path old_ = folder_.path() / "tasks.record.1";
  std::vector<std::string> told_;
};

TEST_F(experience_file_test, what_was_written_is_read) {
  experience_file file(file_, some_header(), limit);
  file.add(task(1));
  EXPECT_EQ(read().header, some_header());
  EXPECT_THAT(read().tasks, ElementsAre(task(1))) << "each task is in the file at once";
  file.add(task(2));
  EXPECT_THAT(read().tasks, ElementsAre(task(1), task(2)));
  EXPECT_THAT(told_, IsEmpty());
}

TEST_F(experience_file_test, a_full_file_makes_room_and_the_newest_are_kept) {
  experience_file file(file_, some_header(), limit);
  for (std::uint64_t id = 1; id <= 1000; ++id) file.add(task(id));
  EXPECT_LE(std::filesystem::file_size(file_), limit);
  EXPECT_LE(std::filesystem::file_size(old_), limit);
  const auto kept = read_ids();
  ASSERT_GT(kept.size(), 50U);
  for (std::size_t i = 0; i < kept.size(); ++i) EXPECT_EQ(kept[i], 1000 - kept.size() + 1 + i);
}

TEST_F(experience_file_test, the_file_of_the_run_before_is_kept_and_read_first) {
  {
    experience_file before(file_, some_header(), limit);
    before.add(task(1));
    before.add(task(2));
  }
  experience_file now(file_, some_header(), limit);
  now.add(task(1));
  EXPECT_THAT(read_ids(), ElementsAre(1, 2, 1));
}

// Answers overtake each other, and what a policy learns from is the order of the decisions.
TEST_F(experience_file_test, tasks_come_in_the_order_of_their_decisions) {
  experience_file file(file_, some_header(), limit);
  for (const std::uint64_t id : {2U, 1U, 4U, 3U}) file.add(task(id));
  EXPECT_THAT(read_ids(), ElementsAre(1, 2, 3, 4));
}

TEST_F(experience_file_test, an_older_file_of_something_else_is_left_out_and_named) {
  auto other = some_header();
  other.board = "jetson-nano";
  { experience_file(file_, other, limit).add(task(1)); }
  experience_file(file_, some_header(), limit).add(task(2));
  EXPECT_THAT(read_ids(), ElementsAre(2));
  EXPECT_THAT(told_, ElementsAre(old_.string() + " is left out: it is of fake on jetson-nano, decided by dvfo"));
}

// A node that was killed leaves half a message: what stands before it teaches all the same.
TEST_F(experience_file_test, a_cut_off_end_is_told_and_the_rest_is_read) {
  {
    experience_file file(file_, some_header(), limit);
    file.add(task(1));
    file.add(task(2));
  }
  std::filesystem::resize_file(file_, std::filesystem::file_size(file_) - 1);
  EXPECT_THAT(read_ids(), ElementsAre(1));
  ASSERT_EQ(told_.size(), 1U);
  EXPECT_THAT(told_[0], HasSubstr("the last task is cut off, as a kill leaves it; 1 before it are whole"));
}

TEST_F(experience_file_test, what_cannot_be_read_is_named) {
  EXPECT_EQ(refusal(), file_.string() + ": does not exist");
  tests::write_file(file_, "these are no messages");
  EXPECT_THAT(refusal(), HasSubstr(file_.string()));
  EXPECT_THAT(refusal(), HasSubstr("dvfo-edge --record writes such files"));
  std::filesystem::rename(file_, old_);
  { experience_file(file_, some_header(), limit).add(task(1)); }
  EXPECT_THAT(refusal(), HasSubstr(old_.string())) << "a damaged neighbour is no reason to learn from half";
}

// Reading a folder ended in the library's words "basic_filebuf::underflow", without the name that was given.
TEST_F(experience_file_test, a_folder_is_no_file) {
  std::filesystem::create_directory(file_);
  EXPECT_THAT(refusal(), HasSubstr(file_.string() + ": is a folder"));
}

// --record /dev/null renamed the device to null.1, and --record ~/letter the letter to letter.1.
TEST_F(experience_file_test, only_experience_is_renamed_and_replaced) {
  experience_file device("/dev/null", some_header(), limit);
  for (std::uint64_t id = 1; id <= 200; ++id) device.add(task(id));
  EXPECT_FALSE(std::filesystem::exists("/dev/null.1"));
  tests::write_file(file_, "Dear");
  EXPECT_THROW(experience_file(file_, some_header(), limit), std::runtime_error);
  EXPECT_EQ(tests::read_file(file_), "Dear");
  std::filesystem::remove(file_);
  { experience_file(file_, some_header(), limit).add(task(1)); }
  tests::write_file(old_, "Dear");
  EXPECT_THROW(experience_file(file_, some_header(), limit), std::runtime_error);
  EXPECT_EQ(tests::read_file(old_), "Dear");
  std::filesystem::remove(old_);
  EXPECT_THAT(read_ids(), ElementsAre(1));
}

TEST_F(experience_file_test, a_link_stays_and_the_file_turns_over_behind_it) {
  std::filesystem::create_directory(folder_.path() / "disk");
  std::filesystem::create_symlink("disk/tasks", file_);
  { experience_file(file_, some_header(), limit).add(task(1)); }
  experience_file(file_, some_header(), limit).add(task(2));
  EXPECT_TRUE(std::filesystem::is_symlink(file_));
  EXPECT_TRUE(std::filesystem::exists(folder_.path() / "disk" / "tasks.1"));
  EXPECT_THAT(read_ids(), ElementsAre(1, 2)) << "found behind the link, too";
}

TEST_F(experience_file_test, a_file_that_cannot_be_written_is_named) {
  EXPECT_THROW(experience_file(folder_.path() / "missing" / "file", some_header(), limit), std::runtime_error);
  EXPECT_THROW(experience_file(file_, some_header(), 10), std::invalid_argument);
}

}  // namespace
}  // namespace dvfo::policy
