#include "files/output.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>

#include "files/error.hpp"
#include "tests/support/temporary_folder.hpp"

namespace dvfo::files {
namespace {

using std::filesystem::create_symlink;
using std::filesystem::exists;
using std::filesystem::is_symlink;
using testing::AllOf;
using testing::HasSubstr;
using tests::read_file;
using tests::write_file;

constexpr kind note{"a note of ours", [](std::string_view head) { return head.starts_with("note "); }};

class output : public testing::Test {
 protected:
  [[nodiscard]] std::filesystem::path at(const std::string& name) const { return folder_.path() / name; }
  void put(const std::string& name, std::string_view text) const { write_file(at(name), text); }

  template <class Action>
  static std::string refusal_of(const Action& action) {
    try {
      action();
    } catch (const error& problem) {
      return problem.what();
    }
    return "no error";
  }

  /// Nothing but these entries: no draft was left behind.
  void expect_entries(std::size_t count) const {
    using iterator = std::filesystem::directory_iterator;
    EXPECT_EQ(std::distance(iterator(folder_.path()), iterator()), static_cast<std::ptrdiff_t>(count));
  }

 private:
  tests::temporary_folder folder_;
};

TEST_F(output, a_file_is_made_and_replaced_as_a_whole) {
  write_whole(at("file"), "note 1", note);
  write_whole(at("file"), "note 2", note, durability::on_disk);
  EXPECT_EQ(read_file(at("file")), "note 2");
  expect_entries(1);
}

TEST_F(output, an_empty_file_is_nobodys_loss) {
  put("file", "");
  write_whole(at("file"), "note", note);
  EXPECT_EQ(read_file(at("file")), "note");
}

// Any file that was named by mistake became a report, and root could do it to every file of the system.
TEST_F(output, a_file_that_is_not_ours_stays_as_it_is) {
  put("letter", "Dear");
  const auto stays = [&](const auto& action) {
    EXPECT_THAT(refusal_of(action), AllOf(HasSubstr(at("letter").string()), HasSubstr("not a note of ours")));
    EXPECT_EQ(read_file(at("letter")), "Dear");
    expect_entries(1);
  };
  stays([&] { write_whole(at("letter"), "note", note); });
  stays([&] { check_output(at("letter"), note); });
  stays([&] { draft(at("letter"), note); });
  stays([&] { growing_file(at("letter"), note); });
  stays([&] { set_aside(at("letter"), ".1", note); });
  stays([&] { remove_own(at("letter"), note); });
}

// --metrics LINK replaced the link, and what it led to was never written again.
TEST_F(output, links_stay_and_what_they_lead_to_is_written) {
  put("data/file", "note 1");
  create_symlink("data/file", at("link"));
  create_symlink("data/new", at("dangling"));
  write_whole(at("link"), "note 2", note);
  write_whole(at("dangling"), "note 3", note);
  EXPECT_TRUE(is_symlink(at("link")));
  EXPECT_EQ(read_file(at("data/file")), "note 2");
  EXPECT_EQ(read_file(at("data/new")), "note 3");
  growing_file(at("link"), note).write("note 4");
  EXPECT_EQ(read_file(at("data/file")), "note 4");
  set_aside(at("link"), ".1", note);
  EXPECT_EQ(read_file(at("data/file.1")), "note 4");
  EXPECT_TRUE(is_symlink(at("link")));
  EXPECT_EQ(beside(at("link"), ".1"), at("data/file.1"));
}

TEST_F(output, a_replaced_file_keeps_its_rights) {
  put("file", "note 1");
  ASSERT_EQ(chmod(at("file").c_str(), 0640), 0);
  write_whole(at("file"), "note 2", note);
  struct stat found {};
  ASSERT_EQ(stat(at("file").c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 07777U, 0640U);
}

// --record /dev/null renamed the device to null.1, for every program of the machine.
TEST_F(output, devices_are_written_to_and_never_renamed) {
  struct stat before {};
  ASSERT_EQ(stat("/dev/null", &before), 0);
  write_whole("/dev/null", "note", note);
  growing_file file("/dev/null", note);
  file.write("note");
  EXPECT_FALSE(file.is_regular());
  set_aside("/dev/null", ".1", note);
  EXPECT_THROW(remove_own("/dev/null", note), error);
  EXPECT_THROW(draft("/dev/null", note), error);
  struct stat after {};
  ASSERT_EQ(stat("/dev/null", &after), 0);
  EXPECT_EQ(after.st_ino, before.st_ino);
  EXPECT_FALSE(exists("/dev/null.1"));
}

TEST_F(output, a_full_device_is_an_error) {
  EXPECT_THAT(refusal_of([] { write_whole("/dev/full", "note", note); }), HasSubstr("/dev/full: no space"));
  growing_file file("/dev/full", note);
  EXPECT_THAT(refusal_of([&] { file.write("note"); }), HasSubstr("/dev/full: no space"));
}

TEST_F(output, a_pipe_gets_what_is_written) {
  std::signal(SIGPIPE, SIG_IGN);  // as run_guarded does
  ASSERT_EQ(mkfifo(at("pipe").c_str(), 0600), 0);
  EXPECT_THAT(refusal_of([&] { write_whole(at("pipe"), "note", note); }), HasSubstr("nothing is at its other end"));
  descriptor reader(open(at("pipe").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  write_whole(at("pipe"), "note 1", note);
  growing_file file(at("pipe"), note);
  file.write("note 2");
  std::string got(100, '\0');
  got.resize(static_cast<std::size_t>(std::max<ssize_t>(0, read(reader.number(), got.data(), got.size()))));
  EXPECT_EQ(got, "note 1note 2");
  EXPECT_THAT(refusal_of([&] { write_whole(at("pipe"), std::string(1 << 20, 'x'), note); }),
              HasSubstr("does not keep up"));
  reader.close();
  EXPECT_THAT(refusal_of([&] { file.write("note 3"); }), HasSubstr("its reader has gone"));
}

TEST_F(output, folders_and_missing_folders_are_refused_in_words) {
  EXPECT_THAT(refusal_of([&] { write_whole(at(""), "note", note); }), HasSubstr("is a folder"));
  EXPECT_THAT(refusal_of([&] { write_whole(at("new/"), "note", note); }), HasSubstr("is a folder"));
  EXPECT_THAT(refusal_of([&] { check_output(at("none/file"), note); }),
              AllOf(HasSubstr(at("none/file").string()), HasSubstr("none does not exist")));
  put("file", "note");
  EXPECT_THAT(refusal_of([&] { growing_file(at("file/below"), note); }), HasSubstr("is a file"));
  create_symlink("loop", at("loop"));
  EXPECT_THAT(refusal_of([&] { write_whole(at("loop"), "note", note); }), HasSubstr("in a circle"));
}

TEST_F(output, a_check_writes_nothing) {
  check_output(at("file"), note);
  expect_entries(0);
}

TEST_F(output, a_draft_counts_once_it_is_committed) {
  put("file", "note 1");
  {
    const draft dropped(at("file"), note);
    write_file(dropped.path(), "note 2");
  }
  EXPECT_EQ(read_file(at("file")), "note 1");
  draft kept(at("file"), note);
  write_file(kept.path(), "note 3");
  kept.commit(durability::on_disk);
  EXPECT_EQ(read_file(at("file")), "note 3");
  expect_entries(1);
}

TEST_F(output, setting_aside_replaces_its_own_kind_only) {
  put("file", "note 2");
  put("file.1", "note 1");
  set_aside(at("file"), ".1", note);
  EXPECT_FALSE(exists(at("file")));
  EXPECT_EQ(read_file(at("file.1")), "note 2");
  put("file", "note 3");
  put("file.1", "Dear");
  EXPECT_THAT(refusal_of([&] { set_aside(at("file"), ".1", note); }), HasSubstr("file.1"));
  EXPECT_EQ(read_file(at("file.1")), "Dear");
  std::filesystem::remove(at("file.1"));
  std::filesystem::create_directory(at("file.1"));
  EXPECT_THAT(refusal_of([&] { set_aside(at("file"), ".1", note); }), HasSubstr("file.1: is a folder"));
  EXPECT_EQ(read_file(at("file")), "note 3");
}

// A file that holds nothing would have pushed out the one before it.
TEST_F(output, an_empty_file_is_not_set_aside) {
  put("file", "");
  put("file.1", "note 1");
  set_aside(at("file"), ".1", note);
  EXPECT_EQ(read_file(at("file.1")), "note 1");
  set_aside(at("none"), ".1", note);
}

TEST_F(output, a_grown_file_begins_anew) {
  put("file", "note 1, and more");
  growing_file file(at("file"), note);
  EXPECT_TRUE(file.is_regular());
  file.write("note 2\n");
  EXPECT_EQ(read_file(at("file")), "note 2\n");
  file.write("note 3\n");
  EXPECT_EQ(read_file(at("file")), "note 2\nnote 3\n");
}

TEST_F(output, own_files_are_removed) {
  put("file", "note 1");
  remove_own(at("file"), note);
  EXPECT_FALSE(exists(at("file")));
  remove_own(at("file"), note);
}

}  // namespace
}  // namespace dvfo::files
