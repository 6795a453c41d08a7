#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace dvfo::launcher {

/// Writes lines to a file or pipe for a thread that must not wait for whoever reads there. What does not fit into the
/// queue is left out, and a line says how much.
class line_writer {
 public:
  /// `descriptor` stays open. `lost`: the line that tells a number of lines left out. At most `most_lines` wait. A
  /// reader that takes nothing for `patience` at the end is not there.
  line_writer(int descriptor, std::function<std::string(std::size_t)> lost, std::size_t most_lines = 4096,
              std::chrono::milliseconds patience = std::chrono::seconds(1));

  /// Writes what waits, as long as there is a reader.
  ~line_writer();
  line_writer(const line_writer&) = delete;
  line_writer& operator=(const line_writer&) = delete;

  /// The line without its newline. Never waits. Thread-safe.
  void write(std::string line);

 private:
  void run();
  bool put(const std::string& text);
  bool is_writable();

  int descriptor_;
  int bell_;  // wakes a wait for the reader when the end has come
  std::function<std::string(std::size_t)> lost_line_;
  std::size_t most_lines_;
  std::chrono::milliseconds patience_;
  std::mutex mutex_;  // of what follows
  std::condition_variable has_news_;
  std::deque<std::string> lines_;
  std::size_t lost_ = 0;
  bool is_ending_ = false;
  std::thread thread_;
};

}  // namespace dvfo::launcher
