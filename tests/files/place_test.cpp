#include "files/place.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "files/error.hpp"
#include "tests/support/temporary_folder.hpp"

namespace dvfo::files {
namespace {

using std::filesystem::create_symlink;
using testing::AllOf;
using testing::HasSubstr;
using tests::temporary_folder;
using tests::write_file;

TEST(look_at, tells_what_stands_there) {
  const temporary_folder place;
  write_file(place.path() / "file", "x");
  ASSERT_EQ(mkfifo((place.path() / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(look_at(place.path() / "file").what, standing::file);
  EXPECT_EQ(look_at(place.path() / "pipe").what, standing::stream);
  EXPECT_EQ(look_at(place.path()).what, standing::folder);
  EXPECT_EQ(look_at(place.path() / "none").what, standing::nothing);
  EXPECT_EQ(look_at(place.path() / "none" / "deeper").what, standing::nothing);
  EXPECT_EQ(look_at("/dev/null").what, standing::stream);
}

TEST(look_at, follows_links_to_their_end_whether_something_stands_there_or_not) {
  const temporary_folder place;
  write_file(place.path() / "data" / "file", "x");
  create_symlink("data/file", place.path() / "first");
  create_symlink(place.path() / "first", place.path() / "second");
  create_symlink("data/later", place.path() / "dangling");
  EXPECT_EQ(look_at(place.path() / "second").path, place.path() / "data" / "file");
  const auto later = look_at(place.path() / "dangling");
  EXPECT_EQ(later.what, standing::nothing);
  EXPECT_EQ(later.path, place.path() / "data" / "later");
}

// /dev/stdout is a link of /proc that reads like "pipe:[4711]": its text is no path.
TEST(look_at, an_open_file_is_a_stream) {
  EXPECT_EQ(look_at("/proc/self/fd/0").path, "/proc/self/fd/0");
  EXPECT_EQ(look_at("/proc/self/cwd").what, standing::folder);
  EXPECT_EQ(look_at("/proc/self/exe").what, standing::stream);
}

TEST(look_at, refuses_circles) {
  const temporary_folder place;
  create_symlink("b", place.path() / "a");
  create_symlink("a", place.path() / "b");
  EXPECT_THROW(look_at(place.path() / "a"), error);
  EXPECT_FALSE(stands(place.path() / "a"));
  EXPECT_FALSE(is_file(place.path() / "a"));
  EXPECT_THROW(look_at(""), error);
}

TEST(make_folder, makes_what_is_missing_and_names_what_is_in_the_way) {
  const temporary_folder place;
  make_folder(place.path() / "one" / "two");
  EXPECT_TRUE(is_folder(place.path() / "one" / "two"));
  make_folder(place.path() / "one" / "two");
  write_file(place.path() / "file", "x");
  try {
    make_folder(place.path() / "file" / "two");
    FAIL() << "a folder below a file";
  } catch (const error& problem) {
    EXPECT_THAT(problem.what(), AllOf(HasSubstr("file/two: "), HasSubstr("file is a file")));
  }
  EXPECT_THROW(make_folder(place.path() / "file"), error);
  EXPECT_THROW(make_folder(""), error);
}

}  // namespace
}  // namespace dvfo::files
