#include "files/standard_streams.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <functional>
#include <iostream>

namespace dvfo::files {
namespace {

using testing::HasSubstr;

/// Runs `what` with a standard stream that leads elsewhere.
void with_stream(int stream, int to, const std::function<void()>& what) {
  std::fflush(nullptr);
  const int kept = dup(stream);
  dup2(to, stream);
  what();
  dup2(kept, stream);
  close(kept);
  close(to);
}

std::string refusal_of_print() {
  try {
    print("text");
  } catch (const error& problem) {
    return problem.what();
  }
  return "no error";
}

// `dvfo infer --json x.jpg > /dev/full` ended with 0 and without a word.
TEST(print, a_full_disk_is_an_error_at_the_write) {
  std::string found;
  with_stream(STDOUT_FILENO, open("/dev/full", O_WRONLY), [&] { found = refusal_of_print(); });
  EXPECT_THAT(found, HasSubstr("standard output: no space"));
}

TEST(print, a_closed_stream_is_an_error) {
  std::string found;
  with_stream(STDOUT_FILENO, open("/dev/null", O_RDONLY), [&] { found = refusal_of_print(); });
  EXPECT_THAT(found, HasSubstr("standard output: is closed"));
}

TEST(print, a_reader_that_has_gone_is_told_apart) {
  std::signal(SIGPIPE, SIG_IGN);
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  close(ends[0]);
  with_stream(STDOUT_FILENO, ends[1], [] { EXPECT_THROW(print("text"), reader_gone); });
}

TEST(finish_standard_output, finds_what_a_library_could_not_write) {
  with_stream(STDOUT_FILENO, open("/dev/full", O_WRONLY), [] {
    std::fputs("kept in the buffer", stdout);
    EXPECT_THROW(finish_standard_output(), error);
    std::clearerr(stdout);
    std::cout.clear();
  });
  EXPECT_NO_THROW(finish_standard_output());
}

// A log on a full disk must not cost the answers.
TEST(tell, a_full_disk_is_nobodys_end) {
  with_stream(STDERR_FILENO, open("/dev/full", O_WRONLY), [] { tell("text\n"); });
}

}  // namespace
}  // namespace dvfo::files
