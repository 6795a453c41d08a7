#include "cli/terminal/terminal.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <stdexcept>

namespace dvfo::cli {
namespace {

using namespace std::chrono_literals;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

/// A terminal of our own: what is written to `inside` is read from `outside`, as a terminal window does.
class pseudo_terminal : public ::testing::Test {
 protected:
  pseudo_terminal() : outside_(posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)) {
    if (outside_ < 0 || grantpt(outside_) != 0 || unlockpt(outside_) != 0) throw std::runtime_error("no pty");
    inside_ = open(ptsname(outside_), O_RDWR | O_NOCTTY | O_CLOEXEC);  // NOLINT(concurrency-mt-unsafe)
    const winsize size{.ws_row = 3, .ws_col = 40, .ws_xpixel = 0, .ws_ypixel = 0};
    ioctl(inside_, TIOCSWINSZ, &size);
  }
  ~pseudo_terminal() override {
    close(inside_);
    close(outside_);
  }
  [[nodiscard]] std::string shown() const {
    std::array<char, 4096> buffer{};
    const ssize_t size = read(outside_, buffer.data(), buffer.size());
    return size <= 0 ? std::string() : std::string(buffer.data(), static_cast<std::size_t>(size));
  }
  [[nodiscard]] termios mode() const {
    termios result{};
    tcgetattr(inside_, &result);
    return result;
  }

  int outside_;
  int inside_ = -1;
};

TEST_F(pseudo_terminal, everything_is_put_back) {
  const auto before = mode();
  {
    const live_screen screen(inside_, inside_);
    EXPECT_THAT(shown(), AllOf(HasSubstr("\x1b[?1049h"), HasSubstr("\x1b[?25l")));
    EXPECT_EQ(mode().c_lflag & (ICANON | ECHO), 0U);
    EXPECT_NE(mode().c_lflag & ISIG, 0U) << "Ctrl-C is a signal";
  }
  EXPECT_THAT(shown(), AllOf(HasSubstr("\x1b[?1049l"), HasSubstr("\x1b[?25h")));
  EXPECT_EQ(mode().c_lflag, before.c_lflag);
  EXPECT_EQ(mode().c_cc[VSUSP], before.c_cc[VSUSP]);
}

TEST_F(pseudo_terminal, draws_what_fits) {
  EXPECT_EQ(size_of_terminal(inside_).columns, 40U);
  const live_screen screen(inside_, inside_);
  EXPECT_THAT(shown(), Not(HasSubstr("one")));
  EXPECT_TRUE(screen.draw({"one", "two", "three", "four"}));
  const auto frame = shown();
  EXPECT_THAT(frame, StartsWith("\x1b[H"));
  EXPECT_THAT(frame, HasSubstr("three"));
  EXPECT_THAT(frame, Not(HasSubstr("four")));
  EXPECT_THAT(frame, EndsWith("\x1b[J"));
}

TEST_F(pseudo_terminal, q_ends_the_sleep_and_other_keys_do_not) {
  const live_screen screen(inside_, inside_);
  int keys = inside_;
  const auto far = std::chrono::steady_clock::now() + 1h;
  ASSERT_EQ(write(outside_, "xyq", 3), 3);
  EXPECT_FALSE(sleep_until(far, -1, keys));
  ASSERT_EQ(write(outside_, "x", 1), 1);
  EXPECT_TRUE(sleep_until(std::chrono::steady_clock::now() + 2ms, -1, keys));
}

TEST(sleep_until, ends_at_its_time_or_when_stopped) {
  int keys = -1;
  const auto soon = std::chrono::steady_clock::now() + 2ms;
  EXPECT_TRUE(sleep_until(soon, -1, keys));
  EXPECT_GE(std::chrono::steady_clock::now(), soon);
  const int stop = eventfd(1, EFD_CLOEXEC);
  EXPECT_FALSE(sleep_until(std::chrono::steady_clock::now() + 1h, stop, keys));
  EXPECT_FALSE(sleep_until(std::chrono::steady_clock::now() - 1h, stop, keys)) << "a late look still hears the stop";
  close(stop);
}

TEST(sleep_until, an_end_of_input_ends_it) {
  std::array<int, 2> pipe_ends{};
  ASSERT_EQ(pipe2(pipe_ends.data(), O_CLOEXEC), 0);
  close(pipe_ends[1]);
  int keys = pipe_ends[0];
  EXPECT_FALSE(sleep_until(std::chrono::steady_clock::now() + 1h, -1, keys));
  EXPECT_EQ(keys, -1);
  close(pipe_ends[0]);
}

TEST(is_live_terminal, is_no_pipe) {
  std::array<int, 2> pipe_ends{};
  ASSERT_EQ(pipe2(pipe_ends.data(), O_CLOEXEC), 0);
  EXPECT_FALSE(is_live_terminal(pipe_ends[1]));
  EXPECT_FALSE(may_use_colour(pipe_ends[1]));
  close(pipe_ends[0]);
  close(pipe_ends[1]);
}

}  // namespace
}  // namespace dvfo::cli
