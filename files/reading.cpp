#include "files/reading.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "files/descriptor.hpp"
#include "files/error.hpp"

namespace dvfo::files {
namespace {

constexpr std::size_t block_bytes = std::size_t{64} << 10U;  // read at once where the size is not known before

constexpr std::string_view blanks = " \t\r\v\f";

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

}  // namespace

std::string read_whole(const std::filesystem::path& file, std::uint64_t most_bytes) {
  const descriptor source(open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  struct stat found {};
  if (!source || fstat(source.number(), &found) != 0) throw error(file, reason_of(errno));
  if (S_ISDIR(found.st_mode)) throw error(file, reason_of(EISDIR));
  const auto refuse_longer = [&] {
    throw error(file, fmt::format("has more than {} bytes; is it the file that was meant?", most_bytes));
  };
  const auto size = S_ISREG(found.st_mode) ? static_cast<std::uint64_t>(found.st_size) : 0;
  if (size > most_bytes) refuse_longer();
  std::string bytes(size + 1, '\0');  // one more than expected: the read that finds the end needs room
  std::size_t count = 0;
  for (;;) {
    // Files of /proc and pipes tell no size; a file may also grow while it is read.
    if (count == bytes.size()) bytes.resize(count + std::max(block_bytes, count / 2));
    const ssize_t got = read(source.number(), bytes.data() + count, bytes.size() - count);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw error(file, reason_of(errno));
    if (got == 0) break;
    count += static_cast<std::size_t>(got);
    if (count > most_bytes) refuse_longer();
  }
  bytes.resize(count);
  return bytes;
}

std::string read_text(const std::filesystem::path& file) {
  auto text = read_whole(file, longest_text);
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) {
    throw error(file, "is a text in UTF-16; save it as UTF-8");
  }
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
  return text;
}

std::vector<line> lines_of(std::string_view text) {
  std::vector<line> lines;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto one = trimmed(text.substr(0, end));
    if (!one.empty() && !one.starts_with('#')) lines.push_back({number, one});
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

}  // namespace dvfo::files
