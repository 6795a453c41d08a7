#include "launcher/line_writer.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <system_error>
#include <utility>

namespace dvfo::launcher {

line_writer::line_writer(int descriptor, std::function<std::string(std::size_t)> lost, std::size_t most_lines,
                         std::chrono::milliseconds patience)
    : descriptor_(descriptor),
      bell_(eventfd(0, EFD_CLOEXEC)),
      lost_line_(std::move(lost)),
      most_lines_(most_lines),
      patience_(patience) {
  if (bell_ < 0) throw std::system_error(errno, std::generic_category(), "cannot make an eventfd");
  thread_ = std::thread([this] { run(); });
}

line_writer::~line_writer() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  has_news_.notify_one();
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(bell_, &one, sizeof one);
  thread_.join();
  close(bell_);
}

void line_writer::write(std::string line) {
  {
    const std::lock_guard lock(mutex_);
    if (lines_.size() >= most_lines_) {
      ++lost_;
      return;
    }
    if (const auto lost = std::exchange(lost_, 0); lost > 0) lines_.push_back(lost_line_(lost) + '\n');
    lines_.push_back(std::move(line) + '\n');
  }
  has_news_.notify_one();
}

void line_writer::run() {
  for (;;) {
    std::string line;
    {
      std::unique_lock lock(mutex_);
      has_news_.wait(lock, [this] { return is_ending_ || !lines_.empty(); });
      if (lines_.empty() && lost_ > 0) lines_.push_back(lost_line_(std::exchange(lost_, 0)) + '\n');
      if (lines_.empty()) return;
      line = std::move(lines_.front());
      lines_.pop_front();
    }
    if (!put(line)) return;
  }
}

/// False: nobody reads any more. A pipe that can be written to takes PIPE_BUF bytes without waiting.
bool line_writer::put(const std::string& text) {
  for (std::size_t done = 0; done < text.size();) {
    if (!is_writable()) return false;
    const auto count = ::write(descriptor_, text.data() + done, std::min<std::size_t>(PIPE_BUF, text.size() - done));
    if (count < 0 && errno != EINTR) return false;
    if (count > 0) done += static_cast<std::size_t>(count);
  }
  return true;
}

/// Waits for the reader: for ever while the program runs, and for a moment at its end.
bool line_writer::is_writable() {
  std::array<pollfd, 2> watched{{{descriptor_, POLLOUT, 0}, {bell_, POLLIN, 0}}};
  for (;;) {
    const bool is_ending = watched[1].revents != 0;
    const int count = poll(watched.data(), is_ending ? 1 : 2, is_ending ? static_cast<int>(patience_.count()) : -1);
    if (watched[0].revents != 0) return (watched[0].revents & POLLOUT) != 0;
    if (count == 0 || (count < 0 && errno != EINTR)) return false;
  }
}

}  // namespace dvfo::launcher
