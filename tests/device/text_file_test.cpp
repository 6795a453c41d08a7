#include "device/text_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>

#include "device/sensor_file.hpp"
#include "tests/support/temporary_folder.hpp"

namespace dvfo::device {
namespace {

using tests::temporary_folder;
using tests::write_file;

TEST(text_file, is_read_without_white_space_and_nul_at_its_ends) {
  const temporary_folder folder;
  write_file(folder.path() / "a", std::string_view(" gv11b\n\0", 8));
  EXPECT_EQ(read_text(folder.path() / "a").value, "gv11b");
  write_file(folder.path() / "a", "\n");  // a list without entries, such as affected_cpus of an offline policy
  EXPECT_EQ(read_text(folder.path() / "a").value, "");
}

TEST(text_file, faults_are_told_apart) {
  const temporary_folder folder;
  EXPECT_EQ(read_text(folder.path() / "none").fault, file_fault::missing);
  write_file(folder.path() / "a", "");
  EXPECT_EQ(read_text(folder.path() / "a").fault, file_fault::try_again);
  EXPECT_EQ(read_text(folder.path() / "a" / "b").fault, file_fault::missing);
  EXPECT_EQ(read_text(folder.path()).fault, file_fault::refused);
  write_file(folder.path() / "a", "cold\n");
  const auto number = read_integer(folder.path() / "a");
  EXPECT_FALSE(number);
  EXPECT_EQ(number.fault, file_fault::garbage);
  EXPECT_EQ(number.found, "cold");
  EXPECT_NE(describe("a", number.fault, number.found).find("cold"), std::string::npos);
  // Opening works, reading does not: the kernel's memory at address 0.
  EXPECT_EQ(read_text("/proc/self/mem").fault, file_fault::vanished);
}

TEST(text_file, writes_replace_the_content_and_make_no_file) {
  const temporary_folder folder;
  const auto file = folder.path() / "min_freq";
  EXPECT_EQ(write_text(file, "1"), file_fault::missing);
  EXPECT_FALSE(std::filesystem::exists(file));
  write_file(file, "2035200000\n");
  EXPECT_EQ(write_text(file, "7"), file_fault::none);
  EXPECT_EQ(tests::read_file(file), "7\n");
  EXPECT_EQ(write_text("/dev/full", "7"), file_fault::refused);
}

TEST(text_file, a_file_without_write_bits_is_refused_to_root_too) {
  const temporary_folder folder;
  const auto file = folder.path() / "rate";
  write_file(file, "5\n");
  EXPECT_TRUE(is_writable(file));
  ASSERT_EQ(chmod(file.c_str(), 0444), 0);
  EXPECT_FALSE(is_writable(file));
  EXPECT_EQ(write_text(file, "7"), file_fault::no_permission);
  EXPECT_EQ(tests::read_file(file), "5\n");
}

// Opening a pipe that nobody writes to, or reads, waits for ever.
TEST(text_file, a_pipe_holds_nobody_up) {
  const temporary_folder folder;
  const auto pipe = folder.path() / "pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(read_text(pipe).fault, file_fault::try_again);
  EXPECT_NE(write_text(pipe, "1"), file_fault::none);
}

// A value outside of its range was quoted as "", and numbers were expected where one stood.
TEST(text_file, faults_say_what_was_found_and_expected) {
  EXPECT_EQ(describe("/a/b", file_fault::missing), "/a/b does not exist");
  EXPECT_EQ(describe("/a/b", file_fault::garbage, "junk"), "/a/b holds \"junk\", expected were numbers");
  EXPECT_EQ(describe("/a/b", file_fault::garbage, "0", "was a frequency above 0"),
            "/a/b holds \"0\", expected was a frequency above 0");
  const temporary_folder folder;
  write_file(folder.path() / "temp", "-256000\n");
  sensor_file file(folder.path() / "temp");
  EXPECT_EQ(describe("temp", read_within(file, -60.0, 150.0, 1e-3)),
            "temp holds \"-256000\", expected was a number from -60000 to 150000");
}

TEST(text_file, numbers_may_carry_a_unit) {
  EXPECT_EQ(parse_integer("1420800"), 1420800);
  EXPECT_EQ(parse_integer("32760 ma"), 32760);
  EXPECT_EQ(parse_integer("-1"), -1);
  EXPECT_EQ(parse_integer(" 0 ms "), 0);
  for (const char* text :
       {"", "x", "12abc", "1.5", "0x10", "7 8", "99999999999999999999", "5 % of 3", "<unsupported>"}) {
    EXPECT_FALSE(parse_integer(text)) << text;
  }
  EXPECT_EQ(parse_integers("204000 665600 2133000 (kHz)"), (std::vector<std::int64_t>{204000, 665600, 2133000}));
  EXPECT_EQ(parse_integers("7"), (std::vector<std::int64_t>{7}));
  for (const char* text : {"", "(kHz)", "204000 foo 665600", "1 2 (kHz) (Hz)", "1 2, 3"}) {
    EXPECT_FALSE(parse_integers(text)) << text;
  }
}

TEST(text_file, device_tree_strings_end_with_nul) {
  const temporary_folder folder;
  write_file(folder.path() / "compatible", std::string_view("nvidia,quill\0nvidia,tegra186\0", 29));
  EXPECT_EQ(*read_strings(folder.path() / "compatible"), (std::vector<std::string>{"nvidia,quill", "nvidia,tegra186"}));
}

TEST(text_file, paths_stay_below_the_root) {
  EXPECT_EQ(below("/", "/sys/x"), "/sys/x");
  EXPECT_EQ(below("/tmp/board", "/sys/x"), "/tmp/board/sys/x");
}

}  // namespace
}  // namespace dvfo::device
