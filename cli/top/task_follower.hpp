#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <string>

#include "cli/top/top_view.hpp"

namespace dvfo::cli {

/// Counts the tasks of a running dvfo-edge by the JSON lines that it writes (--json FILE), from now on. The file may
/// come later, and may be made anew or cut. The kernel keeps note of changes (inotify), so that a look costs one system
/// call while nothing was written. Not thread-safe.
class task_follower {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  /// Throws device::error(io) if the folder of the file cannot be watched.
  explicit task_follower(std::filesystem::path file);
  ~task_follower();
  task_follower(const task_follower&) = delete;
  task_follower& operator=(const task_follower&) = delete;

  /// Takes what was written since the last look. The rate is that of the last ten seconds, or since the first look.
  top_tasks look(time_point now);

 private:
  struct batch {
    time_point when;
    std::uint64_t answered = 0;
    std::uint64_t measured = 0;
    double seconds = 0.0;
    double joules = 0.0;
  };
  bool has_changed();
  void open_file(bool at_end);
  void close_file();
  void read_on(batch& to);
  void take_lines(batch& to);
  void take(const std::string& line, batch& to);

  std::filesystem::path file_;
  int watch_ = -1;
  int folder_watch_ = -1;
  int file_watch_ = -1;
  int input_ = -1;
  std::int64_t offset_ = 0;
  bool must_skip_ = false;  // until the next line end: the line's beginning was not seen, or was too long
  std::string pending_;
  std::uint64_t answered_ = 0;
  std::uint64_t failed_ = 0;
  std::deque<batch> recent_;
};

}  // namespace dvfo::cli
