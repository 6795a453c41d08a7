#include "cli/terminal/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

#include "files/standard_streams.hpp"

namespace dvfo::cli {

std::string progress_bar(double fraction) {
  constexpr int cells = 20;
  const auto clamped = std::clamp(fraction, 0.0, 1.0);
  const auto filled = static_cast<std::size_t>(std::floor(clamped * cells));
  return fmt::format("[{:<{}}] {:3.0f} %", std::string(filled, '#'), cells, 100.0 * clamped);
}

std::string clock_text(double seconds) {
  const auto whole = std::llround(std::max(0.0, seconds));
  const auto hours = whole / 3600;
  const auto minutes = whole / 60 % 60;
  return hours > 0 ? fmt::format("{}:{:02}:{:02}", hours, minutes, whole % 60)
                   : fmt::format("{}:{:02}", minutes, whole % 60);
}

bool stderr_is_terminal() { return isatty(STDERR_FILENO) == 1; }

void show_images(std::size_t done, std::size_t all) {
  if (!stderr_is_terminal() || all == 0) return;
  files::tell(fmt::format("\r{} {} of {} images{}", progress_bar(static_cast<double>(done) / static_cast<double>(all)),
                          done, all, done == all ? "\n" : ""));
}

}  // namespace dvfo::cli
