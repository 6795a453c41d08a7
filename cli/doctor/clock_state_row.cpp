#include "cli/doctor/clock_state_row.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <sstream>
#include <string>

#include "device/saved_state.hpp"
#include "device/text_file.hpp"
#include "files/error.hpp"
#include "files/place.hpp"

namespace dvfo::cli {
namespace {

/// The process that holds an flock on the file; empty if none does. /proc/locks has a line a lock, such as
/// "1: FLOCK  ADVISORY  WRITE 1234 08:01:5678 0 EOF", the process before device and inode.
std::string lock_holder(const std::filesystem::path& file) {
  struct stat found {};
  if (stat(file.c_str(), &found) != 0) return {};
  const std::string inode = fmt::format(":{}", found.st_ino);
  std::istringstream locks(device::read_text("/proc/locks").value.value_or(""));
  for (std::string line; std::getline(locks, line);) {
    std::istringstream words(line);
    std::string number, kind, advisory, access, process, place;
    words >> number >> kind >> advisory >> access >> process >> place;
    if (kind == "FLOCK" && place.ends_with(inode)) return process;
  }
  return {};
}

/// The nearest folder above the file that exists: where the missing ones would be made.
std::filesystem::path existing_folder(std::filesystem::path folder) {
  std::error_code ignored;
  while (folder.has_relative_path() && !std::filesystem::is_directory(folder, ignored)) folder = folder.parent_path();
  return folder.empty() ? "." : folder;
}

/// What follows `word` and a space on a line of its own; empty if there is no such line.
std::string line_after(const std::string& text, const std::string& word) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(word + " ")) return line.substr(word.size() + 1);
  }
  return {};
}

void refuse(const std::string& reason, doctor_row& row) {
  row.state = health::missing;
  row.reason = reason + ", so clocks would not be restored after a crash";
  row.remedy = "name another file with --clock-state, here and for dvfo-edge";
}

void describe_leftover(const device::board_identity& board, const std::filesystem::path& file, doctor_row& row) {
  row.state = health::warning;
  const auto text = device::read_text(file);
  if (text && !device::is_clock_state(*text)) return refuse(file.string() + " holds something else", row);
  if (!text || !text->starts_with("dvfo-clocks 1\n")) {
    row.reason = text ? file.string() + " is damaged" : device::describe(file, text.fault, text.found);
    row.remedy = "set the power mode again (nvpmodel -m …) or restart the board, and remove the file";
    return;
  }
  const auto boot = device::read_text(device::below(board.root, "/proc/sys/kernel/random/boot_id"));
  if (line_after(*text, "boot") != (boot && !boot->empty() ? *boot : "-")) {
    row.reason =
        "left by a run that ended without restoring the clocks; the board was started anew since, so there is "
        "nothing to restore";
    row.remedy = "none needed: the next dvfo-edge with --clocks removes it";
    return;
  }
  row.reason = "left by a run that ended without restoring the clocks: they may still be pinned";
  row.remedy = "start dvfo-edge once with this state file: it restores them first";
}

}  // namespace

doctor_row look_at_clock_state(const device::board_identity& board, const std::filesystem::path& named) {
  doctor_row row{.topic = "clock", .thing = "state file", .found = named.string()};
  files::place place;
  try {
    place = files::look_at(named);
  } catch (const files::error& problem) {
    refuse(problem.what(), row);
    return row;
  }
  const auto& file = place.path;
  const auto holder = lock_holder(file.string() + ".lock");
  if (!holder.empty()) {
    row.found += fmt::format(", in use by process {}", holder);
    return row;
  }
  if (place.what == files::standing::file) {
    describe_leftover(board, file, row);
    return row;
  }
  if (place.what != files::standing::nothing) {
    refuse(fmt::format("{} {}", named.string(), files::to_string(place.what)), row);
    return row;
  }
  const auto folder = existing_folder(file.parent_path());
  if (access(folder.c_str(), W_OK | X_OK) == 0) return row;
  row.state = health::missing;
  row.reason = fmt::format("{}: {}; clocks would not be restored after a crash", folder.string(), std::strerror(errno));
  row.remedy = "run as root, or name a file in a folder of your own with --clock-state, here and for dvfo-edge";
  return row;
}

}  // namespace dvfo::cli
