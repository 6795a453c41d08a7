#include "cli/data/unpack.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <memory>
#include <set>

#include "inference/error.hpp"

namespace dvfo::cli {
namespace {

namespace fs = std::filesystem;

class archive_reader {
 public:
  explicit archive_reader(const fs::path& file) : file_(file), archive_(archive_read_new(), archive_read_free) {
    archive_read_support_filter_gzip(archive_.get());
    archive_read_support_format_tar(archive_.get());
    if (archive_read_open_filename(archive_.get(), file.c_str(), block_bytes) != ARCHIVE_OK) refuse_damaged();
  }

  /// The next entry, or null after the last.
  archive_entry* next() {
    archive_entry* entry = nullptr;
    const int outcome = archive_read_next_header(archive_.get(), &entry);
    if (outcome == ARCHIVE_EOF) return nullptr;
    if (outcome < ARCHIVE_WARN) refuse_damaged();
    return entry;
  }

  void write_entry(const expected_file& expected, const fs::path& to) {
    std::ofstream stream(to, std::ios::binary | std::ios::trunc);
    std::array<char, block_bytes> block;
    std::uint64_t written = 0;
    for (;;) {
      const la_ssize_t size = archive_read_data(archive_.get(), block.data(), block.size());
      if (size < 0) refuse_damaged();
      if (size == 0) break;
      written += static_cast<std::uint64_t>(size);
      if (written > expected.max_bytes)
        refuse(fmt::format("{} is longer than the {} bytes expected", expected.name, expected.max_bytes));
      stream.write(block.data(), size);
    }
    if (!stream.flush()) {
      throw inference::error(
          inference::errc::io,
          fmt::format("{}: cannot be written; check the folder's permissions and free space", to.string()));
    }
  }

  [[noreturn]] void refuse(const std::string& what) const {
    throw inference::error(inference::errc::bad_dataset, fmt::format("{}: {}", file_.string(), what));
  }

 private:
  static constexpr std::size_t block_bytes = 65536;

  [[noreturn]] void refuse_damaged() const {
    const char* reason = archive_error_string(archive_.get());
    refuse(fmt::format("not a readable .tar.gz ({})", reason == nullptr ? "no reason given" : reason));
  }

  fs::path file_;
  std::unique_ptr<archive, decltype(&archive_read_free)> archive_;
};

bool climbs_out(const fs::path& path) {
  return path.is_absolute() || std::any_of(path.begin(), path.end(), [](const fs::path& step) { return step == ".."; });
}

}  // namespace

void unpack_files(const fs::path& archive, const std::vector<expected_file>& files, const fs::path& destination) {
  archive_reader reader(archive);
  std::set<std::string> found;
  while (archive_entry* entry = reader.next()) {
    const char* name = archive_entry_pathname(entry);
    if (name == nullptr) reader.refuse("an entry has no readable name");
    const fs::path path = fs::path(name);
    if (climbs_out(path))
      reader.refuse(
          fmt::format("the entry {} points outside the folder; nothing of this archive should be trusted", name));
    const fs::path plain = path.lexically_normal();
    const auto expected = std::find_if(files.begin(), files.end(),
                                       [&](const expected_file& file) { return plain.filename() == file.name; });
    if (expected == files.end() || std::distance(plain.begin(), plain.end()) > 2) continue;
    if (archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry) != nullptr) {
      reader.refuse(fmt::format("{} is not a regular file", name));
    }
    if (!found.insert(expected->name).second) reader.refuse(fmt::format("{} comes twice", expected->name));
    reader.write_entry(*expected, destination / expected->name);
  }
  for (const expected_file& file : files) {
    if (file.required && found.count(file.name) == 0) reader.refuse(fmt::format("lacks {}", file.name));
  }
}

}  // namespace dvfo::cli
