#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Walking users' folders: the one rule about which entries count, and no walk that one bad entry can end.
namespace dvfo::files {

/// Is told what a user should know, a sentence without a full stop.
using teller = std::function<void(const std::string&)>;

/// Whether an entry of a user's folder counts, by its name. Hidden ones do not (a dot in front: also ._photo.jpg, which
/// macOS leaves on foreign disks), nor what desktops leave behind: Thumbs.db, desktop.ini, __MACOSX.
bool counts(const std::filesystem::path& entry);

/// What counts of a folder, in alphabetical order whatever the file system's.
struct content {
  std::vector<std::filesystem::path> files;    ///< regular ones, links followed; the folder's path in front
  std::vector<std::filesystem::path> folders;  ///< likewise
  std::vector<std::string> left_out;           ///< a sentence for each entry that is neither or cannot be looked at
};

/// Throws error where the folder itself cannot be listed.
content list(const std::filesystem::path& folder);

/// Whether the file's name ends in one of these, dot included, in capitals or not.
bool ends_in(const std::filesystem::path& file, std::span<const std::string_view> endings);

/// What was found, for a user who expected something else: "is empty", "holds 3 files (2 .heic, 1 .mov) and 1 folder
/// (train)".
std::string describe(const content& found);

}  // namespace dvfo::files
