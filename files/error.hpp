#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>

namespace dvfo::files {

/// A file or folder that cannot be used. The text begins with its path and says what was found, what was expected and,
/// where that is not plain, what to do. Rooms with an error type of their own translate it.
class error : public std::runtime_error {
 public:
  error(const std::filesystem::path& file, const std::string& what);
};

/// What an errno of open, read, write or rename means for a file, in words.
std::string reason_of(int number);

}  // namespace dvfo::files
