#pragma once

#include <termios.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace dvfo::cli {

struct terminal_size {
  std::size_t columns = 80;
  std::size_t rows = 24;
};

/// Size of the terminal behind a descriptor; $COLUMNS or 80 by 24 where it is none.
terminal_size size_of_terminal(int descriptor);

/// Whether people look at this descriptor and it understands escape sequences (a terminal, $TERM not "dumb").
bool is_live_terminal(int descriptor);

/// Whether output there may be coloured: a live terminal, and $NO_COLOR empty or not set.
bool may_use_colour(int descriptor);

/// The alternate screen of a terminal without cursor, keys unbuffered and not shown. Everything is put back at the end
/// of its life. Ctrl-C still is SIGINT: the program must turn SIGINT and SIGTERM into a normal end.
class live_screen {
 public:
  /// `input` may be no terminal: then there are no keys.
  live_screen(int input, int output);
  ~live_screen();
  live_screen(const live_screen&) = delete;
  live_screen& operator=(const live_screen&) = delete;

  /// Draws the lines over what is there, as many as fit. False if the terminal is gone.
  bool draw(const std::vector<std::string>& lines) const;

 private:
  int input_;
  int output_;
  std::optional<termios> before_;
};

/// Sleeps until an instant. Returns false before it when `stop` becomes readable, or a key q is typed or the end of
/// input is seen on `keys`; either may be -1. Costs nothing meanwhile.
bool sleep_until(std::chrono::steady_clock::time_point when, int stop, int& keys);

}  // namespace dvfo::cli
