#include "files/error.hpp"

#include <cerrno>
#include <system_error>

namespace dvfo::files {

error::error(const std::filesystem::path& file, const std::string& what)
    : std::runtime_error((file.empty() ? std::string("(empty path)") : file.string()) + ": " + what) {}

std::string reason_of(int number) {
  switch (number) {
    case ENOENT:
      return "does not exist";
    case EISDIR:
      return "is a folder; a file is expected";
    case ENOTDIR:
      return "cannot be reached: what is named as a folder on the way there is a file";
    case EACCES:
    case EPERM:
      return "permission denied; give this user the right, or name another place";
    case EROFS:
      return "lies on a read-only file system; name another place";
    case ELOOP:
      return "is a link that leads round in a circle";
    case ENOSPC:
    case EDQUOT:
      return "no space is left on the device; free some, or name another place";
    case EIO:
      return "the device reports an input/output error";
    case ENXIO:
      return "nothing is at its other end";
    case EPIPE:
      return "its reader has gone";
    default:
      return std::generic_category().message(number);
  }
}

}  // namespace dvfo::files
