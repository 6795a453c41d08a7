#include "device/saved_state.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>
#include <vector>

#include "device/error.hpp"
#include "tests/support/temporary_folder.hpp"

namespace dvfo::device {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using tests::read_file;
using tests::temporary_folder;
using tests::write_file;

constexpr const char* min_file = "/sys/devices/system/cpu/cpufreq/policy0/scaling_min_freq";
constexpr const char* max_file = "/sys/devices/system/cpu/cpufreq/policy0/scaling_max_freq";

/// A board with one policy that a process pinned at 7, having found 1 and 9.
class saved_state_test : public ::testing::Test {
 protected:
  saved_state_test() {
    write_file(path(min_file), "7\n");
    write_file(path(max_file), "7\n");
  }
  [[nodiscard]] std::filesystem::path path(const std::string& file) const { return root() / file.substr(1); }
  [[nodiscard]] std::filesystem::path root() const { return folder_.path() / "board"; }
  [[nodiscard]] std::filesystem::path state() const { return folder_.path() / "run/dvfo/clocks"; }
  notice warn() {
    return [this](const std::string& text) { notices.push_back(text); };
  }

  /// What an earlier process leaves behind that is killed.
  void leave() {
    std::string left;
    {
      saved_state saved(state(), root());
      saved.keep(steps);
      ASSERT_EQ(saved.flush(), "");
      left = read_file(state());
    }
    write_file(state(), left);
  }

  void restart() {
    saved_state saved(state(), root());
    saved.restore_leftover(warn());
  }

  void expect_untouched() const {
    EXPECT_EQ(read_file(path(min_file)), "7\n");
    EXPECT_EQ(read_file(path(max_file)), "7\n");
  }
  void expect_restored() const {
    EXPECT_EQ(read_file(path(min_file)), "1\n");
    EXPECT_EQ(read_file(path(max_file)), "9\n");
  }

  const std::vector<saved_write> steps{{min_file, 1}, {max_file, 9}, {min_file, 1}};
  std::vector<std::string> notices;

 private:
  temporary_folder folder_;
};

TEST_F(saved_state_test, the_next_start_puts_back_what_a_killed_process_left) {
  leave();
  restart();
  expect_restored();
  EXPECT_THAT(notices, ElementsAre(HasSubstr("restored now")));
  EXPECT_FALSE(std::filesystem::exists(state()));
  restart();
  EXPECT_EQ(notices.size(), 1U);
}

TEST_F(saved_state_test, put_back_removes_the_file_and_the_lock) {
  {
    saved_state saved(state(), root());
    saved.keep(steps);
    EXPECT_EQ(saved.flush(), "");
    EXPECT_TRUE(std::filesystem::exists(state()));
    saved.put_back(warn());
    EXPECT_FALSE(std::filesystem::exists(state()));
  }
  expect_restored();
  EXPECT_THAT(notices, IsEmpty());
  EXPECT_TRUE(std::filesystem::is_empty(state().parent_path()));
}

TEST_F(saved_state_test, the_first_values_kept_are_the_true_ones) {
  saved_state saved({}, root());
  saved.keep(steps);
  saved.keep({{min_file, 7}, {max_file, 7}, {min_file, 7}});
  EXPECT_EQ(saved.writes(), steps);
  saved.correct({max_file, 8});
  saved.correct({min_file, 2});
  saved.correct({"/sys/other/min_freq", 2});
  EXPECT_EQ(saved.writes(), (std::vector<saved_write>{{min_file, 1}, {max_file, 8}, {min_file, 2}}));
}

TEST_F(saved_state_test, only_one_process_holds_a_board) {
  const saved_state first(state(), root());
  try {
    const saved_state second(state(), root());
    FAIL() << "two of them";
  } catch (const error& problem) {
    EXPECT_EQ(problem.code(), errc::io);
    EXPECT_THAT(problem.what(), HasSubstr("another process"));
  }
}

TEST_F(saved_state_test, a_folder_that_cannot_be_made_is_an_error) {
  write_file(root() / "file", "");
  EXPECT_THROW(saved_state(root() / "file" / "clocks", root()), error);
}

TEST_F(saved_state_test, a_damaged_file_is_kept_aside_and_never_used) {
  leave();
  const std::string good = read_file(state());
  std::vector<std::string> damaged{"\n", std::string(100, '\0'), std::string("dvfo-clocks 1\n\0\0", 16)};
  for (std::size_t size = 7; size + 1 < good.size(); size += 7) damaged.push_back(good.substr(0, size));
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    text.replace(text.find(from), from.size(), to);
    damaged.push_back(text);
  };
  with("dvfo-clocks 1", "dvfo-clocks 2");
  with("write 1 ", "write one ");
  with("write 1 ", "write 99999999999999999999 ");
  with("end 3", "end 4");
  with("end 3", "end 3\nwrite 0 " + std::string(max_file));
  with(root().string(), "board");  // not absolute
  with(min_file, "/etc/passwd");
  with(min_file, "/sys/../etc/shadow/scaling_min_freq");
  with(min_file, "/sys/power/state");
  for (const std::string& text : damaged) {
    SCOPED_TRACE(text.substr(0, 200));
    notices.clear();
    write_file(state(), text);
    restart();
    expect_untouched();
    EXPECT_THAT(notices, ElementsAre(HasSubstr("damaged")));
    EXPECT_FALSE(std::filesystem::exists(state()));
    EXPECT_EQ(read_file(state().string() + ".damaged"), text);
  }
}

TEST_F(saved_state_test, an_empty_file_is_nothing_to_keep) {
  leave();
  write_file(state(), "");
  restart();
  expect_untouched();
  EXPECT_THAT(notices, ElementsAre(HasSubstr("it was empty")));
  EXPECT_TRUE(std::filesystem::is_empty(state().parent_path()));
}

std::string refusal_of(const std::filesystem::path& file, const std::filesystem::path& root) {
  try {
    const saved_state saved(file, root);
  } catch (const error& problem) {
    EXPECT_EQ(problem.code(), errc::bad_argument) << problem.what();
    return problem.what();
  }
  return "no error";
}

// --clock-state named any folder or file, and it was renamed to NAME.damaged: a home folder, /etc/fstab.
TEST_F(saved_state_test, what_is_no_state_file_is_refused_and_stays_as_it_is) {
  std::filesystem::create_directories(state());
  EXPECT_THAT(refusal_of(state(), root()), HasSubstr("is a folder"));
  EXPECT_TRUE(std::filesystem::is_directory(state()));
  std::filesystem::remove(state());
  EXPECT_THAT(refusal_of("/dev/null", root()), HasSubstr("is a device"));
  for (const std::string& text : {std::string("hello"), std::string(100'000, 'x')}) {
    write_file(state(), text);
    EXPECT_THAT(refusal_of(state(), root()), HasSubstr("not a state file of the clocks"));
    EXPECT_EQ(read_file(state()), text);
  }
  std::filesystem::remove(state());
  std::filesystem::create_symlink("clocks", state());
  EXPECT_THAT(refusal_of(state(), root()), HasSubstr("in a circle"));
  EXPECT_FALSE(std::filesystem::exists(state().string() + ".lock"));
  EXPECT_FALSE(std::filesystem::exists(state().string() + ".damaged"));
}

TEST_F(saved_state_test, a_file_where_the_lock_would_be_stays) {
  const auto lock = state().string() + ".lock";
  write_file(lock, "a file of somebody");
  EXPECT_THAT(refusal_of(state(), root()), HasSubstr(lock));
  EXPECT_EQ(read_file(lock), "a file of somebody");
}

TEST_F(saved_state_test, a_link_to_the_file_stays_and_is_followed) {
  const auto real = state().parent_path() / "elsewhere" / "clocks.state";
  std::filesystem::create_directories(real.parent_path());
  std::filesystem::create_symlink("elsewhere/clocks.state", state());
  leave();
  EXPECT_TRUE(std::filesystem::is_symlink(state()));
  EXPECT_TRUE(std::filesystem::is_regular_file(real));
  restart();
  expect_restored();
  EXPECT_TRUE(std::filesystem::is_symlink(state()));
  EXPECT_TRUE(std::filesystem::is_empty(real.parent_path()));
}

// Found out at the rename at the end of a run, when another program had put its own file there meanwhile.
TEST_F(saved_state_test, what_took_the_place_meanwhile_is_not_removed) {
  saved_state saved(state(), root());
  saved.keep(steps);
  EXPECT_EQ(saved.flush(), "");
  write_file(state(), "hello");
  saved.keep({{"/sys/other/min_freq", 3}});
  EXPECT_THAT(saved.flush(), HasSubstr("not a state file"));
  saved.put_back(warn());
  EXPECT_EQ(read_file(state()), "hello");
}

TEST_F(saved_state_test, after_a_restart_of_the_board_there_is_nothing_to_put_back) {
  write_file(root() / "proc/sys/kernel/random/boot_id", "1111\n");
  leave();
  write_file(root() / "proc/sys/kernel/random/boot_id", "2222\n");
  restart();
  expect_untouched();
  EXPECT_THAT(notices, ElementsAre(HasSubstr("started anew")));
  EXPECT_FALSE(std::filesystem::exists(state()));
}

TEST_F(saved_state_test, a_board_elsewhere_gets_its_own_back) {
  leave();
  const temporary_folder other;
  write_file(other.path() / std::string(min_file).substr(1), "5\n");
  saved_state saved(state(), other.path());
  saved.restore_leftover(warn());
  expect_restored();
  EXPECT_EQ(read_file(other.path() / std::string(min_file).substr(1)), "5\n");
}

TEST_F(saved_state_test, what_may_not_be_written_now_is_left_to_a_later_start) {
  leave();
  ASSERT_EQ(chmod(path(max_file).c_str(), 0444), 0);
  restart();
  EXPECT_THAT(notices, ElementsAre(HasSubstr("in part"), HasSubstr("scaling_max_freq")));
  EXPECT_TRUE(std::filesystem::exists(state()));
  ASSERT_EQ(chmod(path(max_file).c_str(), 0644), 0);
  restart();
  expect_restored();
  EXPECT_FALSE(std::filesystem::exists(state()));
}

TEST_F(saved_state_test, cores_that_are_offline_now_have_nothing_to_put_back) {
  leave();
  std::filesystem::remove(path(min_file));
  std::filesystem::remove(path(max_file));
  restart();
  EXPECT_THAT(notices, ElementsAre(HasSubstr("restored now")));
  EXPECT_FALSE(std::filesystem::exists(state()));
}

}  // namespace
}  // namespace dvfo::device
