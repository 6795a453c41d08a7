#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Kernel text files (sysfs, debugfs, procfs, device tree) below a root, which may as well be a folder that a simulated
/// board keeps alive. Nothing here throws for a file that fails: the failure is classified, because each kind asks for
/// another reaction. Thread-safe.
namespace dvfo::device {

/// How a kernel file failed.
enum class file_fault : std::uint8_t {
  none = 0,
  missing = 10,        ///< no such file (ENOENT, ENOTDIR)
  no_permission = 20,  ///< EACCES, EPERM, EROFS, or a file without write bits
  try_again = 30,      ///< EAGAIN, EBUSY, EINTR, or empty, after several tries
  vanished = 40,       ///< the device behind it does not answer (ENODEV, ENXIO, EIO, EREMOTEIO, ETIMEDOUT, …)
  garbage = 50,        ///< it was read but is not what it should be
  refused = 60,        ///< any other error, above all EINVAL for a value that the driver does not want
};

/// For people: "does not exist", "permission denied", …
const char* to_string(file_fault fault);

/// A value out of a file, or why there is none.
template <class T>
struct reading {
  std::optional<T> value;
  file_fault fault = file_fault::none;
  std::string found;          ///< what stood there, cut to a line, if the fault is garbage
  std::string expected = {};  ///< as in describe()

  explicit operator bool() const { return value.has_value(); }
  T& operator*() { return *value; }
  const T& operator*() const { return *value; }
  T* operator->() { return &*value; }
  const T* operator->() const { return &*value; }
};

/// "PATH does not exist", "PATH holds \"junk\", expected were numbers": for notices and reasons. `expected` goes on
/// after "expected", where it is something else: "was a frequency above 0".
std::string describe(const std::filesystem::path& file, file_fault fault, std::string_view found = {},
                     std::string_view expected = {});

/// The same of a reading that failed.
template <class T>
std::string describe(const std::filesystem::path& file, const reading<T>& failed) {
  return describe(file, failed.fault, failed.found, failed.expected);
}

/// root + "/sys/…", also when `root` is "/".
std::filesystem::path below(const std::filesystem::path& root, std::string_view absolute);

/// The whole file without white space and NUL at both ends; an empty line is an empty text. EAGAIN and a file without a
/// single byte (another process is rewriting it in a simulated tree) are tried again for at most a millisecond.
reading<std::string> read_text(const std::filesystem::path& file);

/// The first number of the file: "1420800", "32760 ma", "-1".
reading<std::int64_t> read_integer(const std::filesystem::path& file);

/// All numbers of the file; a unit may stand at the end: "204000 665600 2133000 (kHz)".
reading<std::vector<std::int64_t>> read_integers(const std::filesystem::path& file);

/// The strings of a device-tree property, which end with a NUL each; a file of text lines gives one string.
reading<std::vector<std::string>> read_strings(const std::filesystem::path& file);

/// Writes `text` and a newline by one write(). The file must exist; it is never created.
file_fault write_text(const std::filesystem::path& file, std::string_view text);

/// Whether this process may write the file; says so also for root, whom the kernel refuses a file without write bits.
bool is_writable(const std::filesystem::path& file);

/// The entries of a folder by name, sorted; empty if it cannot be read.
std::vector<std::string> list_folder(const std::filesystem::path& folder);

/// `text` as the number that it starts with, if only white space or a unit after a space follows.
std::optional<std::int64_t> parse_integer(std::string_view text);

/// White-space separated numbers, ended by the text's end or by one unit such as "(kHz)"; absent if anything else is
/// there or there is no number at all.
std::optional<std::vector<std::int64_t>> parse_integers(std::string_view text);

}  // namespace dvfo::device
