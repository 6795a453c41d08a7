#include "cli/top/task_follower.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "device/error.hpp"
#include "edge_node/report.hpp"

namespace dvfo::cli {
namespace {

constexpr std::chrono::seconds rate_window{10};
constexpr std::size_t longest_line = std::size_t{1} << 20U;  // reports have some hundred bytes: that is no report

}  // namespace

task_follower::task_follower(std::filesystem::path file)
    : file_(std::filesystem::absolute(file)), watch_(inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
  const auto folder = file_.parent_path();
  if (watch_ >= 0) folder_watch_ = inotify_add_watch(watch_, folder.c_str(), IN_CREATE | IN_MOVED_TO);
  if (folder_watch_ < 0) {
    const std::string why = std::strerror(errno);
    if (watch_ >= 0) close(watch_);
    throw device::error(device::errc::io, fmt::format("{} cannot be followed: {}: {}; name the file that dvfo-edge "
                                                      "writes with --json, in a folder that exists",
                                                      file_.string(), folder.string(), why));
  }
  open_file(true);
}

task_follower::~task_follower() {
  close_file();
  close(watch_);
}

void task_follower::open_file(bool at_end) {
  close_file();
  pending_.clear();
  must_skip_ = false;
  offset_ = 0;
  input_ = open(file_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (input_ < 0) return;
  // The watch before the size: what is written in between is seen twice rather than not at all.
  file_watch_ = inotify_add_watch(watch_, file_.c_str(), IN_MODIFY);
  if (!at_end) return;
  offset_ = lseek(input_, 0, SEEK_END);
  char last = '\n';
  if (offset_ > 0 && pread(input_, &last, 1, offset_ - 1) == 1) must_skip_ = last != '\n';
}

void task_follower::close_file() {
  if (input_ >= 0) close(input_);
  if (file_watch_ >= 0) inotify_rm_watch(watch_, file_watch_);
  input_ = -1;
  file_watch_ = -1;
}

/// Empties the kernel's queue. A file of our name that was made or moved here is opened, from its beginning.
bool task_follower::has_changed() {
  bool is_new = false;
  bool has_changed = false;
  alignas(inotify_event) std::array<char, 16384> buffer{};
  for (;;) {
    const ssize_t size = read(watch_, buffer.data(), buffer.size());
    if (size <= 0) break;
    for (ssize_t at = 0; at < size;) {
      inotify_event event{};
      std::memcpy(&event, buffer.data() + at, sizeof event);
      const char* const name = buffer.data() + at + sizeof event;
      if (event.wd == folder_watch_ && event.len > 0) is_new = is_new || file_.filename() == name;
      if ((event.mask & IN_Q_OVERFLOW) != 0U || event.wd == file_watch_) has_changed = true;
      at += static_cast<ssize_t>(sizeof event + event.len);
    }
  }
  if (is_new) open_file(false);
  return is_new || has_changed;
}

void task_follower::read_on(batch& to) {
  struct stat now {};
  if (input_ < 0 || fstat(input_, &now) != 0) return;
  if (now.st_size < offset_) {  // it was cut: a node started anew with the same file
    offset_ = 0;
    pending_.clear();
    must_skip_ = false;
  }
  std::array<char, 65536> buffer{};
  for (;;) {
    const ssize_t size = pread(input_, buffer.data(), buffer.size(), offset_);
    if (size <= 0) return;
    offset_ += size;
    pending_.append(buffer.data(), static_cast<std::size_t>(size));
    take_lines(to);
  }
}

void task_follower::take_lines(batch& to) {
  std::size_t begin = 0;
  for (std::size_t end = pending_.find('\n'); end != std::string::npos; end = pending_.find('\n', begin)) {
    if (!std::exchange(must_skip_, false)) take(pending_.substr(begin, end - begin), to);
    begin = end + 1;
  }
  pending_.erase(0, begin);
  if (pending_.size() <= longest_line) return;
  pending_.clear();
  must_skip_ = true;
}

/// What is no report is not counted.
void task_follower::take(const std::string& line, batch& to) {
  edge_node::task_report report;
  try {
    report = edge_node::read_report(line);
  } catch (const std::runtime_error&) {
    return;
  }
  if (!report.ok()) {
    ++failed_;
    return;
  }
  ++answered_;
  ++to.answered;
  to.seconds += report.outcome.tti;
  if (!report.outcome.eti_measured_joules) return;
  ++to.measured;
  to.joules += *report.outcome.eti_measured_joules;
}

top_tasks task_follower::look(time_point now) {
  batch fresh{.when = now};
  if (has_changed()) read_on(fresh);
  // The oldest look kept is the beginning of the stretch; what it brought lies before.
  recent_.push_back(fresh);
  while (recent_.size() > 2 && now - recent_[1].when >= rate_window) recent_.pop_front();
  top_tasks result{.answered = answered_, .failed = failed_};
  batch sum;
  for (auto one = recent_.begin() + 1; one != recent_.end(); ++one) {
    sum.answered += one->answered;
    sum.measured += one->measured;
    sum.seconds += one->seconds;
    sum.joules += one->joules;
  }
  const double stretch = std::chrono::duration<double>(now - recent_.front().when).count();
  if (stretch > 0.0) result.per_second = static_cast<double>(sum.answered) / stretch;
  if (sum.answered > 0) result.mean_seconds = sum.seconds / static_cast<double>(sum.answered);
  if (sum.answered > 0 && sum.measured == sum.answered) {
    result.mean_joules = sum.joules / static_cast<double>(sum.answered);
  }
  return result;
}

}  // namespace dvfo::cli
