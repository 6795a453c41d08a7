#pragma once

#include <filesystem>

/// What stands where a user's path points. None of these functions throws anything but files::error.
namespace dvfo::files {

enum class standing {
  nothing,  ///< not even the end of a link; the folder above may be missing, too
  file,     ///< a regular file
  folder,
  stream,  ///< a pipe, a socket, a character device such as /dev/null, or an open file under /dev/fd
  disk,    ///< a block device: nobody means to write a report over a file system
};

struct place {
  std::filesystem::path path;  ///< behind all links, so that replacing it leaves the links as they are
  standing what = standing::nothing;
};

/// Follows links, also to where nothing stands yet. Throws error for a path that is empty, leads round in a circle or
/// cannot be looked at.
place look_at(const std::filesystem::path& file);

/// Whether something stands there, links followed; false where it cannot be told.
bool stands(const std::filesystem::path& file);

/// Whether a folder or a regular file stands there, links followed; false where it cannot be told.
bool is_folder(const std::filesystem::path& path);
bool is_file(const std::filesystem::path& path);

/// "is a folder", "is a device or a pipe".
const char* to_string(standing what);

/// Makes a folder and those above it; one that is there is as good. Throws error that says which part is in the way.
void make_folder(const std::filesystem::path& folder);

}  // namespace dvfo::files
