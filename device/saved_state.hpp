#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "device/identity.hpp"

namespace dvfo::device {

/// One step back to the clocks as they were found.
struct saved_write {
  std::string file;  ///< as on the board: "/sys/…"
  std::int64_t value = 0;
  friend bool operator==(const saved_write&, const saved_write&) = default;
};

/// Whether a file that begins so is a state file as below, perhaps of another version, or what a crash left of one.
bool is_clock_state(std::string_view head);

/// What must be written to put the clocks back, in order, kept in memory and in a file that outlives the process.
/// The file is replaced atomically (new file, fsync, rename, fsync of the folder) and locked against a second process
/// by a lock file beside it. A link to it stays. Nothing in a file is believed that is not a clock file of this room.
/// Not thread-safe.
///
/// The file: a line "dvfo-clocks 1", "root FOLDER", "boot ID", one "write NUMBER FILE" a step and "end COUNT".
class saved_state {
 public:
  /// Empty `file`: kept in memory only. Makes the folder. Throws error(bad_argument) for a name that cannot be used, or
  /// at which something else stands, and error(io) if the folder cannot be written or another process holds the lock.
  saved_state(std::filesystem::path file, std::filesystem::path root);
  ~saved_state();
  saved_state(const saved_state&) = delete;
  saved_state& operator=(const saved_state&) = delete;

  /// Puts back what an earlier process left in the file, says so, and removes the file. A damaged file is kept under
  /// another name. A file of an earlier boot is dropped: the kernel started afresh since.
  void restore_leftover(const notice& warn);

  /// Adds steps behind those kept, except for files that have steps already: the oldest are the true ones.
  void keep(const std::vector<saved_write>& writes);

  /// What the file is to be put back to from now on; nothing if no step is kept for it.
  void correct(const saved_write& write);

  /// Brings the file up to date, on the disk when it returns. Returns why it failed, or "".
  std::string flush();

  /// Writes everything back and removes the file. Failing steps are said once each; if one may work later (permission),
  /// the file stays for the next start.
  void put_back(const notice& warn);

  [[nodiscard]] const std::vector<saved_write>& writes() const { return writes_; }

 private:
  void lock();
  void unlock();
  [[nodiscard]] bool is_named_lock() const;
  void drop() const;
  void set_aside(const notice& warn) const;

  std::filesystem::path file_;
  std::filesystem::path lock_file_;
  std::filesystem::path root_;
  std::vector<saved_write> writes_;
  bool is_dirty_ = false;
  int lock_ = -1;
};

}  // namespace dvfo::device
