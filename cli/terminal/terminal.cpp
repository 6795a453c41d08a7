#include "cli/terminal/terminal.hpp"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "files/descriptor.hpp"

namespace dvfo::cli {
namespace {

constexpr const char* enter = "\x1b[?1049h\x1b[?25l";  // alternate screen, no cursor
constexpr const char* leave = "\x1b[?25h\x1b[?1049l";

/// False if the terminal is gone.
bool write_all(int descriptor, std::string_view text) {
  return files::write_fully(descriptor, text, files::patience::endless) == 0;
}

std::string_view variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

/// Whether q was typed; an end of input switches the keys off.
bool is_end_asked(int& keys) {
  std::array<char, 64> typed{};
  const ssize_t size = read(keys, typed.data(), typed.size());
  if (size <= 0) {
    if (size == 0 || errno != EINTR) keys = -1;
    return size == 0;
  }
  return std::any_of(typed.begin(), typed.begin() + size, [](char c) { return c == 'q' || c == 'Q'; });
}

}  // namespace

terminal_size size_of_terminal(int descriptor) {
  terminal_size size;
  winsize found{};
  if (ioctl(descriptor, TIOCGWINSZ, &found) == 0 && found.ws_col > 0) {
    size.columns = found.ws_col;
    if (found.ws_row > 0) size.rows = found.ws_row;
    return size;
  }
  const int wanted = std::atoi(std::string(variable("COLUMNS")).c_str());  // NOLINT(cert-err34-c): 0 is no number
  if (wanted > 0) size.columns = static_cast<std::size_t>(wanted);
  return size;
}

bool is_live_terminal(int descriptor) { return isatty(descriptor) == 1 && variable("TERM") != "dumb"; }

bool may_use_colour(int descriptor) { return is_live_terminal(descriptor) && variable("NO_COLOR").empty(); }

live_screen::live_screen(int input, int output) : input_(input), output_(output) {
  termios mode{};
  if (tcgetattr(input_, &mode) == 0) {
    before_ = mode;
    mode.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    mode.c_cc[VSUSP] = _POSIX_VDISABLE;  // Ctrl-Z would leave the shell on the alternate screen
    mode.c_cc[VMIN] = 1;
    mode.c_cc[VTIME] = 0;
    tcsetattr(input_, TCSANOW, &mode);
  }
  write_all(output_, enter);
}

live_screen::~live_screen() {
  write_all(output_, leave);
  if (before_) tcsetattr(input_, TCSAFLUSH, &*before_);
}

bool live_screen::draw(const std::vector<std::string>& lines) const {
  const std::size_t rows = std::min(lines.size(), size_of_terminal(output_).rows);
  std::string frame = "\x1b[H";
  for (std::size_t i = 0; i < rows; ++i) {
    if (i > 0) frame += "\r\n";
    frame += lines[i] + "\x1b[K";  // the rest of the line before
  }
  return write_all(output_, frame + "\x1b[J");
}

bool sleep_until(std::chrono::steady_clock::time_point when, int stop, int& keys) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(when - std::chrono::steady_clock::now()).count();
    std::array<pollfd, 2> wake{{{stop, POLLIN, 0}, {keys, POLLIN, 0}}};
    const int ready = poll(wake.data(), wake.size(), static_cast<int>(std::clamp<std::int64_t>(left, 0, 3'600'000)));
    if (ready < 0 && errno != EINTR) return false;
    if (ready == 0 && left <= 0) return true;
    if (ready <= 0) continue;
    if (wake[0].revents != 0) return false;
    if (wake[1].revents != 0 && is_end_asked(keys)) return false;
  }
}

}  // namespace dvfo::cli
