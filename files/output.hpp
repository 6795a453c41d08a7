#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "files/descriptor.hpp"

/// Writing to places that users name. One rule for all, because root runs these programs: only regular files that this
/// project wrote, recognised by their content, or empty ones are replaced, emptied, renamed and removed. Links are
/// followed and stay. Devices and pipes are written to as they are. Everything else is refused with an error.
namespace dvfo::files {

/// A kind of file that this project writes.
struct kind {
  std::string_view name;                   ///< with its article, for errors: "a task record"
  bool (*is_ours)(std::string_view head);  ///< judges a file by its first `head_bytes` bytes, or all of them if fewer
};

/// What a recogniser gets to see.
inline constexpr std::size_t head_bytes = std::size_t{64} << 10U;

/// Whether data must be on the disk when the call returns (for what a crash must not lose; costs some ms), or when the
/// system likes.
enum class durability { usual, on_disk };

/// Whether a file of this kind stands there, and not an empty one; false where it cannot be told.
bool holds(const std::filesystem::path& file, const kind& of);

/// Whether a write to `file` would be let through by the rule and by the system, so that it is said before hours of
/// work and not after. Writes nothing. Throws error.
void check_output(const std::filesystem::path& file, const kind& of);

/// Writes a file as a whole: a reader sees the old one or the new one, never half of it, and a failure leaves the old
/// one. It keeps its owner and its rights. Throws error.
void write_whole(const std::filesystem::path& file, std::string_view bytes, const kind& of,
                 durability how = durability::usual);

/// For libraries that write a file by themselves: they get a name beside the one that is meant, and commit() puts the
/// file in its place. A draft that is not committed is removed.
class draft {
 public:
  /// Throws error as check_output, and for devices and pipes.
  draft(const std::filesystem::path& file, const kind& of);
  ~draft();
  draft(const draft&) = delete;
  draft& operator=(const draft&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  /// Throws error.
  void commit(durability how = durability::usual);

 private:
  std::filesystem::path target_;
  std::filesystem::path path_;
};

/// A file that grows while a program runs; every piece is with the system when write() returns. Not thread-safe.
class growing_file {
 public:
  /// A file of this kind that is there is emptied. Waits for the reader of a pipe, five seconds at most. Throws error.
  growing_file(const std::filesystem::path& file, const kind& of);

  /// All of it. Throws error naming the file: a full disk, a reader that has gone.
  void write(std::string_view bytes);

  /// False for a device or a pipe, which cannot be renamed and has no size.
  [[nodiscard]] bool is_regular() const { return is_regular_; }

 private:
  std::filesystem::path file_;
  descriptor out_;
  bool is_regular_ = false;
};

/// The name of `file` with an ending more, beside what a link leads to: "tasks.record.1".
std::filesystem::path beside(const std::filesystem::path& file, std::string_view ending);

/// Renames a file of this kind to beside(file, ending), in place of the one of this kind that had that name. What is
/// not there, is empty, or is a device or a pipe stays as it is. Throws error where either name holds something else.
void set_aside(const std::filesystem::path& file, std::string_view ending, const kind& of);

/// Removes a file of this kind (or an empty one); nothing happens where nothing stands. Throws error where something
/// else does, or it cannot be removed.
void remove_own(const std::filesystem::path& file, const kind& of);

}  // namespace dvfo::files
