#include "files/folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <array>

#include "files/error.hpp"
#include "tests/support/temporary_folder.hpp"

namespace dvfo::files {
namespace {

using std::filesystem::create_directory;
using std::filesystem::create_symlink;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using tests::temporary_folder;
using tests::write_file;

std::vector<std::string> names_of(const std::vector<std::filesystem::path>& paths) {
  std::vector<std::string> names;
  for (const auto& each : paths) names.push_back(each.filename().string());
  return names;
}

// Data sets skipped hidden files, --input took them for pictures that fail, --traces for broken traces.
TEST(list, what_is_hidden_or_left_by_desktops_does_not_count) {
  const temporary_folder place;
  for (const char* name : {"b.jpg", "a.jpg", "._a.jpg", ".DS_Store", "Thumbs.db", "desktop.ini", "__MACOSX/a.jpg",
                           ".git/config", "cats/one.jpg"}) {
    write_file(place.path() / name, "x");
  }
  const auto found = list(place.path());
  EXPECT_THAT(names_of(found.files), ElementsAre("a.jpg", "b.jpg"));
  EXPECT_THAT(names_of(found.folders), ElementsAre("cats"));
  EXPECT_TRUE(found.left_out.empty());
}

// One looping link in a folder of pictures ended the run with nothing answered.
TEST(list, one_bad_entry_is_told_and_the_others_are_found) {
  const temporary_folder place;
  write_file(place.path() / "a.jpg", "x");
  create_symlink("a.jpg", place.path() / "b.jpg");
  create_symlink("loop.jpg", place.path() / "loop.jpg");
  create_symlink("/nowhere/c.jpg", place.path() / "lost.jpg");
  ASSERT_EQ(mkfifo((place.path() / "pipe.jpg").c_str(), 0600), 0);
  const auto found = list(place.path());
  EXPECT_THAT(names_of(found.files), ElementsAre("a.jpg", "b.jpg"));
  EXPECT_THAT(found.left_out,
              ElementsAre(AllOf(HasSubstr((place.path() / "loop.jpg").string()), HasSubstr("in a circle")),
                          HasSubstr("lost.jpg: is a link to what does not exist"),
                          HasSubstr("pipe.jpg: is neither a file nor a folder")));
}

TEST(list, a_folder_that_cannot_be_listed_is_an_error_in_words) {
  const temporary_folder place;
  write_file(place.path() / "file", "x");
  create_symlink("loop", place.path() / "loop");
  const auto refusal = [](const std::filesystem::path& folder) -> std::string {
    try {
      list(folder);
    } catch (const error& problem) {
      return problem.what();
    }
    return "no error";
  };
  EXPECT_THAT(refusal(place.path() / "none"), HasSubstr("none: does not exist"));
  EXPECT_THAT(refusal(place.path() / "file"), HasSubstr("file: is a file; a folder is expected"));
  EXPECT_THAT(refusal(place.path() / "loop"), HasSubstr("in a circle"));
}

TEST(describe, tells_what_was_found_where_something_else_was_looked_for) {
  const temporary_folder place;
  EXPECT_EQ(describe(list(place.path())), "is empty");
  for (const char* name : {"1.heic", "2.HEIC", "3.mov", "notes"}) write_file(place.path() / name, "x");
  EXPECT_EQ(describe(list(place.path())), "holds 4 files (2 .heic, 1 .mov, 1 without an ending)");
  create_directory(place.path() / "cats");
  create_symlink("loop", place.path() / "loop");
  EXPECT_THAT(describe(list(place.path())), AllOf(HasSubstr("1 folder (cats)"), HasSubstr("1 entry that cannot be")));
}

TEST(ends_in, knows_endings_in_either_case) {
  constexpr std::array<std::string_view, 2> endings{".jpg", ".png"};
  EXPECT_TRUE(ends_in("a/b.JPG", endings));
  EXPECT_FALSE(ends_in("a/b.jpg.txt", endings));
  EXPECT_FALSE(ends_in("jpg", endings));
}

}  // namespace
}  // namespace dvfo::files
