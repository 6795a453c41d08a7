#include "device/text_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <time.h>  // nanosleep is POSIX
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <system_error>

namespace dvfo::device {
namespace {

constexpr int tries = 4;
constexpr long pause_nanoseconds = 200'000;                 // a rewrite of a simulated file takes some microseconds
constexpr std::size_t longest_file = std::size_t{1} << 20;  // /proc/stat of a large machine has tens of kB
constexpr std::size_t longest_quote = 60;
constexpr std::string_view blanks(" \t\r\n\0", 5);

void pause() {
  const timespec duration{0, pause_nanoseconds};
  nanosleep(&duration, nullptr);
}

file_fault classify(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
    case ELOOP:
      return file_fault::missing;
    case EACCES:
    case EPERM:
    case EROFS:
      return file_fault::no_permission;
    case EAGAIN:
    case EBUSY:
    case EINTR:
      return file_fault::try_again;
    case ENODEV:
    case ENXIO:
    case EIO:
    case ENODATA:
    case EREMOTEIO:
    case ETIMEDOUT:
    case ESHUTDOWN:
    case ESTALE:
      return file_fault::vanished;
    default:
      return file_fault::refused;
  }
}

/// A file descriptor that closes itself. Kernel files know no waiting; a pipe that somebody put in a tree would hold
/// the opener for ever.
class descriptor {
 public:
  descriptor(const std::filesystem::path& file, int flags)
      : number_(open(file.c_str(), flags | O_CLOEXEC | O_NONBLOCK)) {}
  ~descriptor() {
    if (number_ >= 0) close(number_);
  }
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  [[nodiscard]] int number() const { return number_; }

 private:
  int number_;
};

/// All bytes of the file, read once.
file_fault read_once(const std::filesystem::path& file, std::string& bytes) {
  bytes.clear();
  const descriptor source(file, O_RDONLY);
  if (source.number() < 0) return classify(errno);
  std::array<char, 4096> block{};
  while (bytes.size() < longest_file) {
    const ssize_t count = read(source.number(), block.data(), block.size());
    if (count < 0) return classify(errno);
    if (count == 0) break;
    bytes.append(block.data(), static_cast<std::size_t>(count));
  }
  return bytes.empty() ? file_fault::try_again : file_fault::none;
}

file_fault read_bytes(const std::filesystem::path& file, std::string& bytes) {
  file_fault fault = file_fault::none;
  for (int i = 0; i < tries; ++i) {
    fault = read_once(file, bytes);
    if (fault != file_fault::try_again) break;
    if (i + 1 < tries) pause();
  }
  return fault;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

/// The next word of `text`, which is taken off it; empty at the end.
std::string_view next_word(std::string_view& text) {
  text = trimmed(text);
  const std::size_t end = std::min(text.find_first_of(blanks), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(end);
  return word;
}

std::optional<std::int64_t> whole_number(std::string_view word) {
  std::int64_t number = 0;
  const char* const end = word.data() + word.size();
  const auto [stop, problem] = std::from_chars(word.data(), end, number);
  if (problem != std::errc() || stop != end) return std::nullopt;
  return number;
}

bool is_unit(std::string_view word) {
  return word.find_first_not_of("()/%abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string_view::npos;
}

/// What a damaged file held, fit for a line of a log.
std::string quote(std::string_view text) {
  std::string line(text.substr(0, longest_quote));
  std::replace_if(
      line.begin(), line.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return line;
}

template <class T, class Parse>
reading<T> read_as(const std::filesystem::path& file, const Parse& parse) {
  const reading<std::string> text = read_text(file);
  if (!text) return {std::nullopt, text.fault, {}};
  std::optional<T> value = parse(*text);
  if (!value) return {std::nullopt, file_fault::garbage, quote(*text)};
  return {std::move(value), file_fault::none, {}};
}

file_fault write_once(const std::filesystem::path& file, const std::string& line) {
  const descriptor target(file, O_WRONLY | O_TRUNC);
  if (target.number() < 0) return classify(errno);
  const ssize_t count = write(target.number(), line.data(), line.size());
  if (count < 0) return classify(errno);
  return static_cast<std::size_t>(count) == line.size() ? file_fault::none : file_fault::refused;
}

}  // namespace

const char* to_string(file_fault fault) {
  switch (fault) {
    case file_fault::none:
      return "is in order";
    case file_fault::missing:
      return "does not exist";
    case file_fault::no_permission:
      return "may not be accessed: permission denied or read-only";
    case file_fault::try_again:
      return "is busy: it gave nothing after several tries";
    case file_fault::vanished:
      return "does not answer: its device is off or gone";
    case file_fault::garbage:
      return "holds something unexpected";
    case file_fault::refused:
      return "refused the operation";
  }
  return "failed";
}

std::string describe(const std::filesystem::path& file, file_fault fault, std::string_view found,
                     std::string_view expected) {
  if (fault == file_fault::garbage) {
    return fmt::format("{} holds \"{}\", expected {}", file.string(), found,
                       expected.empty() ? "were numbers" : expected);
  }
  return fmt::format("{} {}", file.string(), to_string(fault));
}

std::filesystem::path below(const std::filesystem::path& root, std::string_view absolute) {
  return root / std::filesystem::path(absolute).relative_path();
}

reading<std::string> read_text(const std::filesystem::path& file) {
  std::string bytes;
  const file_fault fault = read_bytes(file, bytes);
  if (fault != file_fault::none) return {std::nullopt, fault, {}};
  return {std::string(trimmed(bytes)), file_fault::none, {}};
}

reading<std::int64_t> read_integer(const std::filesystem::path& file) {
  return read_as<std::int64_t>(file, parse_integer);
}

reading<std::vector<std::int64_t>> read_integers(const std::filesystem::path& file) {
  return read_as<std::vector<std::int64_t>>(file, parse_integers);
}

reading<std::vector<std::string>> read_strings(const std::filesystem::path& file) {
  std::string bytes;
  const file_fault fault = read_bytes(file, bytes);
  if (fault != file_fault::none) return {std::nullopt, fault, {}};
  std::vector<std::string> strings;
  for (std::string_view rest = bytes; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\0'), rest.size());
    const std::string_view one = trimmed(rest.substr(0, end));
    if (!one.empty()) strings.emplace_back(one);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return {std::move(strings), file_fault::none, {}};
}

file_fault write_text(const std::filesystem::path& file, std::string_view text) {
  struct stat status {};
  if (stat(file.c_str(), &status) != 0) return classify(errno);
  // sysfs refuses to open such a file even for root; a folder of plain files would not.
  if ((status.st_mode & 0222U) == 0) return file_fault::no_permission;
  const std::string line = std::string(text) + '\n';
  file_fault fault = file_fault::none;
  for (int i = 0; i < tries; ++i) {
    fault = write_once(file, line);
    if (fault != file_fault::try_again) break;
    if (i + 1 < tries) pause();
  }
  return fault;
}

bool is_writable(const std::filesystem::path& file) {
  struct stat status {};
  return stat(file.c_str(), &status) == 0 && (status.st_mode & 0222U) != 0 &&
         faccessat(AT_FDCWD, file.c_str(), W_OK, AT_EACCESS) == 0;
}

std::vector<std::string> list_folder(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  std::error_code problem;
  for (std::filesystem::directory_iterator entry(folder, problem), end; !problem && entry != end;
       entry.increment(problem)) {
    names.push_back(entry->path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  const std::optional<std::int64_t> number = whole_number(next_word(text));
  const std::string_view unit = next_word(text);
  return is_unit(unit) && trimmed(text).empty() ? number : std::nullopt;
}

std::optional<std::vector<std::int64_t>> parse_integers(std::string_view text) {
  std::vector<std::int64_t> numbers;
  for (std::string_view word = next_word(text); !word.empty(); word = next_word(text)) {
    const std::optional<std::int64_t> number = whole_number(word);
    if (number) {
      numbers.push_back(*number);
    } else if (!is_unit(word) || !trimmed(text).empty()) {
      return std::nullopt;
    }
  }
  if (numbers.empty()) return std::nullopt;
  return numbers;
}

}  // namespace dvfo::device
