#include "files/reading.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files/error.hpp"
#include "tests/support/temporary_folder.hpp"

namespace dvfo::files {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using tests::temporary_folder;
using tests::write_file;

std::string refusal_of(const std::filesystem::path& file, std::uint64_t most = longest_text) {
  try {
    read_whole(file, most);
  } catch (const error& problem) {
    return problem.what();
  }
  return "no error";
}

TEST(read_whole, gives_every_byte) {
  const temporary_folder place;
  const std::string bytes("a\0b\r\n\xFF", 6);
  write_file(place.path() / "file", bytes);
  EXPECT_EQ(read_whole(place.path() / "file", 6), bytes);
  write_file(place.path() / "empty", "");
  EXPECT_EQ(read_whole(place.path() / "empty", 0), "");
  const std::string large(300'000, 'x');
  write_file(place.path() / "large", large);
  EXPECT_EQ(read_whole(place.path() / "large", longest_text), large);
}

// Files of /proc have a size of 0: whoever asks the size first reads nothing.
TEST(read_whole, reads_what_tells_no_size) {
  EXPECT_THAT(read_whole("/proc/self/status", longest_text), HasSubstr("Pid"));
}

// A stream that is opened on a folder and read gives nothing, as an empty file does: so a folder given by mistake ran
// with defaults, or as an empty trace.
TEST(read_whole, a_folder_is_no_empty_file) {
  const temporary_folder place;
  EXPECT_THAT(refusal_of(place.path()), AllOf(HasSubstr(place.path().string()), HasSubstr("is a folder")));
}

TEST(read_whole, names_what_is_missing_or_cannot_be_read) {
  const temporary_folder place;
  EXPECT_THAT(refusal_of(place.path() / "none"), HasSubstr("none: does not exist"));
  write_file(place.path() / "file", "x");
  EXPECT_THAT(refusal_of(place.path() / "file" / "below"), HasSubstr("on the way there is a file"));
  std::filesystem::create_symlink("loop", place.path() / "loop");
  EXPECT_THAT(refusal_of(place.path() / "loop"), HasSubstr("loop: is a link that leads round"));
  EXPECT_THAT(refusal_of(""), HasSubstr("(empty path)"));
  // Opens, but every read fails: what a disk does that dies.
  EXPECT_THAT(refusal_of("/proc/self/mem"), HasSubstr("/proc/self/mem: "));
}

TEST(read_whole, what_never_ends_is_refused) {
  EXPECT_THAT(refusal_of("/dev/zero", 1000), HasSubstr("more than 1000 bytes"));
  const temporary_folder place;
  write_file(place.path() / "film", std::string(1001, 'x'));
  EXPECT_THAT(refusal_of(place.path() / "film", 1000), HasSubstr("more than 1000 bytes"));
}

TEST(read_text, takes_off_what_editors_put_in_front) {
  const temporary_folder place;
  write_file(place.path() / "text", "\xEF\xBB\xBFkey = 1\r\n");
  EXPECT_EQ(read_text(place.path() / "text"), "key = 1\r\n");
  write_file(place.path() / "wide", std::string_view("\xFF\xFEk\0", 4));
  try {
    read_text(place.path() / "wide");
    FAIL() << "UTF-16 was taken";
  } catch (const error& problem) {
    EXPECT_THAT(problem.what(), HasSubstr("UTF-8"));
  }
}

TEST(lines_of, leaves_out_what_says_nothing_and_counts_it) {
  const auto lines = lines_of("# made by hand\r\none two \r\n\n\t\n  three\n#four\nfive");
  std::vector<std::string> texts;
  std::vector<std::size_t> numbers;
  for (const auto& each : lines) {
    texts.emplace_back(each.text);
    numbers.push_back(each.number);
  }
  EXPECT_THAT(texts, ElementsAre("one two", "three", "five"));
  EXPECT_THAT(numbers, ElementsAre(2U, 5U, 7U));
  EXPECT_TRUE(lines_of("").empty());
  EXPECT_TRUE(lines_of("\n\r\n").empty());
}

}  // namespace
}  // namespace dvfo::files
