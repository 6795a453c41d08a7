#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace dvfo::cli {

/// A file that an archive is expected to hold, at its top or in one folder.
struct expected_file {
  std::string name;
  std::uint64_t max_bytes = 0;  ///< a longer one is refused
  bool required = true;
};

/// Writes the expected files of a .tar.gz into `destination` (which must exist), each under its plain name, and nothing
/// else; other entries are skipped. On failure `destination` may hold some of them. Throws inference::error:
/// bad_dataset when the archive is damaged, lacks a required file, holds one twice, too long or not as a regular file,
/// or has any path that is absolute or climbs with ".."; io when a file cannot be written.
void unpack_files(const std::filesystem::path& archive, const std::vector<expected_file>& files,
                  const std::filesystem::path& destination);

}  // namespace dvfo::cli
