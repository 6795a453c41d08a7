#include "device/saved_state.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <sstream>
#include <string_view>

#include "device/error.hpp"
#include "device/text_file.hpp"
#include "files/error.hpp"
#include "files/output.hpp"
#include "files/place.hpp"
#include "files/reading.hpp"

namespace dvfo::device {
namespace {

constexpr std::string_view first_line = "dvfo-clocks 1";
constexpr std::string_view boot_id_file = "/proc/sys/kernel/random/boot_id";
constexpr std::size_t most_writes = 4096;  // four a CPU policy of the largest machine

/// The only files that a state file may name: it is read by root, and must not become a way to write elsewhere.
constexpr std::array<std::string_view, 9> clock_files{
    "scaling_min_freq", "scaling_max_freq", "min_freq", "max_freq", "railgate_enable", "mrq_rate_locked", "rate",
    "clk_update_rate",  "clk_state"};

bool is_clock_file(const std::string& file) {
  const std::filesystem::path path(file);
  return file.starts_with("/sys/") && path.lexically_normal() == path &&
         std::find(clock_files.begin(), clock_files.end(), path.filename().string()) != clock_files.end();
}

/// What a state file says.
struct content {
  std::filesystem::path root;
  std::string boot;
  std::vector<saved_write> writes;
};

/// The rest of `line` behind `word` and a space; absent if the line does not begin so.
std::optional<std::string> after(const std::string& line, std::string_view word) {
  if (!line.starts_with(word) || line.size() <= word.size() || line[word.size()] != ' ') return std::nullopt;
  return line.substr(word.size() + 1);
}

std::optional<saved_write> parse_write(const std::string& text) {
  const std::size_t gap = text.find(' ');
  if (gap == std::string::npos) return std::nullopt;
  const std::optional<std::int64_t> value = parse_integer(std::string_view(text).substr(0, gap));
  saved_write write{text.substr(gap + 1), value.value_or(0)};
  if (!value || !is_clock_file(write.file)) return std::nullopt;
  return write;
}

/// Absent for anything that flush() did not write as a whole.
std::optional<content> parse(const std::string& text) {
  std::istringstream lines(text);
  std::string line;
  content found;
  const auto next = [&](std::string_view word) {
    return std::getline(lines, line) ? after(line, word) : std::optional<std::string>();
  };
  if (!std::getline(lines, line) || line != first_line) return std::nullopt;
  const std::optional<std::string> root = next("root");
  const std::optional<std::string> boot = next("boot");
  if (!root || !boot || !std::filesystem::path(*root).is_absolute()) return std::nullopt;
  found.root = *root;
  found.boot = *boot;
  while (std::optional<std::string> step = next("write")) {
    const std::optional<saved_write> write = parse_write(*step);
    if (!write || found.writes.size() == most_writes) return std::nullopt;
    found.writes.push_back(*write);
  }
  if (line != fmt::format("end {}", found.writes.size()) || std::getline(lines, line)) return std::nullopt;
  return found;
}

/// The kernel's name for the time since it started; "-" where it gives none, as in a simulated board's folder.
std::string boot_id(const std::filesystem::path& root) {
  const reading<std::string> id = read_text(below(root, boot_id_file));
  return id && !id->empty() ? *id : "-";
}

constexpr files::kind state_kind{"a state file of the clocks", is_clock_state};

/// Where the state is kept: behind links. Refuses a name at which something else stands, before anything is locked.
std::filesystem::path place_of(const std::filesystem::path& file) {
  try {
    const auto found = files::look_at(file);
    if (found.what == files::standing::nothing) {
      files::make_folder(found.path.has_parent_path() ? found.path.parent_path() : ".");
      return found.path;
    }
    if (found.what == files::standing::file) {
      files::check_output(file, state_kind);
      return found.path;
    }
    throw error(errc::bad_argument, fmt::format("the state file of the clocks, {}, {}; name a file", file.string(),
                                                files::to_string(found.what)));
  } catch (const files::error& problem) {
    throw error(errc::bad_argument, fmt::format("the state file of the clocks, {}", problem.what()));
  }
}

struct write_report {
  std::vector<std::string> failures;
  bool may_work_later = false;
};

/// Performs the steps; what already stands as wanted is not written. Files that are gone (a core that is offline now)
/// have nothing to put back.
write_report perform(const std::filesystem::path& root, const std::vector<saved_write>& writes) {
  write_report report;
  for (const saved_write& step : writes) {
    const std::filesystem::path file = below(root, step.file);
    const reading<std::int64_t> now = read_integer(file);
    if (now && *now == step.value) continue;
    const file_fault fault = write_text(file, std::to_string(step.value));
    if (fault == file_fault::none || fault == file_fault::missing || fault == file_fault::vanished) continue;
    report.may_work_later = true;
    std::string failure = fmt::format("{} (wanted: {})", describe(file, fault), step.value);
    if (std::find(report.failures.begin(), report.failures.end(), failure) == report.failures.end()) {
      report.failures.push_back(std::move(failure));
    }
  }
  return report;
}

void say(const notice& warn, const std::string& text) {
  if (warn) warn(text);
}

}  // namespace

bool is_clock_state(std::string_view head) {
  constexpr std::string_view name = first_line.substr(0, first_line.rfind(' ') + 1);  // of whatever version
  // A crash may leave the first bytes alone, or zeros in place of all.
  return head.starts_with(name) || name.starts_with(head) ||
         head.find_first_not_of(std::string_view(" \r\n\0", 4)) == std::string_view::npos;
}

saved_state::saved_state(std::filesystem::path file, std::filesystem::path root)
    : file_(std::move(file)), root_(std::filesystem::absolute(root).lexically_normal()) {
  if (file_.empty()) return;
  file_ = place_of(file_);
  lock_file_ = file_;
  lock_file_ += ".lock";
  lock();
}

saved_state::~saved_state() { unlock(); }

void saved_state::lock() {
  for (;;) {
    lock_ = open(lock_file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0644);
    if (lock_ < 0) {
      throw error(errc::io, fmt::format("cannot write the state file of the clocks, {}: {}; give the folder to this "
                                        "user or choose another file",
                                        file_.string(), std::strerror(errno)));
    }
    if (flock(lock_, LOCK_EX | LOCK_NB) != 0) {
      close(lock_);
      lock_ = -1;
      throw error(errc::io, fmt::format("another process sets the clocks of this board (it holds {}); stop it first, "
                                        "or give each its own board and state file",
                                        lock_file_.string()));
    }
    struct stat ours {};
    if (fstat(lock_, &ours) == 0 && (!S_ISREG(ours.st_mode) || ours.st_size != 0)) {
      close(lock_);
      lock_ = -1;
      throw error(errc::bad_argument,
                  fmt::format("{} is no lock of the clocks, which is an empty file, and stays as it "
                              "is; choose another state file",
                              lock_file_.string()));
    }
    // The holder before may have removed the file between our open and our lock: then nobody else would see this lock.
    if (is_named_lock()) return;
    close(lock_);
  }
}

bool saved_state::is_named_lock() const {
  struct stat ours {};
  struct stat named {};
  return fstat(lock_, &ours) == 0 && lstat(lock_file_.c_str(), &named) == 0 && ours.st_dev == named.st_dev &&
         ours.st_ino == named.st_ino;
}

void saved_state::unlock() {
  if (lock_ < 0) return;
  if (is_named_lock()) unlink(lock_file_.c_str());
  close(lock_);
  lock_ = -1;
}

/// Removes the file once nothing is left to put back; what stands there instead of it stays.
void saved_state::drop() const {
  if (file_.empty()) return;
  try {
    files::remove_own(file_, state_kind);
  } catch (const files::error&) {  // the next start says what it finds
  }
}

/// Keeps what cannot be used, out of the way.
void saved_state::set_aside(const notice& warn) const {
  constexpr std::string_view ending = ".damaged";
  std::string kept = "it was empty";
  try {
    files::set_aside(file_, ending, state_kind);
    if (files::stands(file_)) {
      drop();
    } else {
      kept = "it is kept as " + files::beside(file_, ending).string();
    }
  } catch (const files::error& problem) {
    kept = problem.what();
  }
  say(warn,
      fmt::format("the state file {} is damaged and was not used; {}. Clocks that an earlier run left pinned stay "
                  "so: set the power mode again (nvpmodel -m …) or restart the board",
                  file_.string(), kept));
}

void saved_state::restore_leftover(const notice& warn) {
  if (file_.empty()) return;
  if (!files::stands(file_)) return;
  std::optional<content> left;
  try {
    left = parse(files::read_text(file_));
  } catch (const files::error& problem) {
    say(warn, fmt::format("{}; clocks that an earlier run left pinned stay so", problem.what()));
    return;
  }
  if (!left) return set_aside(warn);
  if (left->boot != boot_id(left->root)) {
    say(warn, fmt::format("an earlier run ended without restoring the clocks, and the board was started anew since: "
                          "nothing to restore from {}",
                          file_.string()));
  } else {
    const write_report report = perform(left->root, left->writes);
    say(warn, fmt::format("an earlier run ended without restoring the clocks: {} below {} as {} says",
                          report.failures.empty() ? "restored now" : "restored in part", left->root.string(),
                          file_.string()));
    for (const std::string& failure : report.failures) say(warn, "not restored: " + failure);
    if (report.may_work_later && left->root == root_) {
      writes_ = left->writes;  // ours to put back from now on
      return;
    }
  }
  drop();
}

void saved_state::keep(const std::vector<saved_write>& writes) {
  const std::vector<saved_write> older = writes_;
  for (const saved_write& write : writes) {
    const auto is_same_file = [&](const saved_write& old) { return old.file == write.file; };
    if (std::any_of(older.begin(), older.end(), is_same_file)) continue;
    writes_.push_back(write);
    is_dirty_ = true;
  }
}

void saved_state::correct(const saved_write& write) {
  // A limit has two steps: the first opens the range, the last is what shall stand there.
  const auto last =
      std::find_if(writes_.rbegin(), writes_.rend(), [&](const saved_write& old) { return old.file == write.file; });
  if (last == writes_.rend() || last->value == write.value) return;
  last->value = write.value;
  is_dirty_ = true;
}

std::string saved_state::flush() {
  if (file_.empty() || !is_dirty_) return {};
  std::string text = fmt::format("{}\nroot {}\nboot {}\n", first_line, root_.string(), boot_id(root_));
  for (const saved_write& step : writes_) text += fmt::format("write {} {}\n", step.value, step.file);
  text += fmt::format("end {}\n", writes_.size());
  try {
    files::write_whole(file_, text, state_kind, files::durability::on_disk);
  } catch (const files::error& problem) {
    return fmt::format("cannot write the state file of the clocks, {}", problem.what());
  }
  is_dirty_ = false;
  return {};
}

void saved_state::put_back(const notice& warn) {
  if (writes_.empty()) return;
  const write_report report = perform(root_, writes_);
  for (const std::string& failure : report.failures) say(warn, "clocks not restored: " + failure);
  if (report.may_work_later) return;
  writes_.clear();
  is_dirty_ = false;
  drop();
}

}  // namespace dvfo::device
