#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>

#include "tests/support/temporary_folder.hpp"

namespace dvfo::tests {

/// The text of a file as it stands after ` = ` in a tree file: \n, \0 and \\ are the only escapes.
inline std::string unescape(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      result += text[i];
      continue;
    }
    const char code = i + 1 < text.size() ? text[++i] : '?';
    if (code != 'n' && code != '0' && code != '\\') {
      throw std::runtime_error("escape \\" + std::string(1, code) + " in '" + std::string(text) + "'");
    }
    result += code == 'n' ? '\n' : code == '0' ? '\0' : '\\';
  }
  return result;
}

/// Unpacks a recorded tree into `folder`. One line each, folders are implied:
///
///     # comment
///     path = content     a file; escapes \n, \0 and \\ in the content
///     path -> target     a symbolic link, target relative to the link's folder
///     path !             a file of which every read fails, as EAGAIN from the kernel does: an empty folder stands
///     there path/              an empty folder
///
/// A line may overwrite what an earlier line wrote. Throws std::runtime_error with file and line for anything else.
inline void unpack_tree(const std::filesystem::path& tree_file, const std::filesystem::path& folder) {
  std::ifstream stream(tree_file);
  if (!stream) throw std::runtime_error("cannot read " + tree_file.string());
  std::string line;
  for (int number = 1; std::getline(stream, line); ++number) {
    if (line.empty() || line.front() == '#') continue;
    const std::size_t file = line.find(" = ");
    const std::size_t link = line.find(" -> ");
    try {
      if (file != std::string::npos && file < link) {
        write_file(folder / line.substr(0, file), unescape(std::string_view(line).substr(file + 3)));
      } else if (link != std::string::npos) {
        const std::filesystem::path path = folder / line.substr(0, link);
        std::filesystem::create_directories(path.parent_path());
        std::filesystem::create_symlink(line.substr(link + 4), path);
      } else if (line.ends_with(" !")) {
        std::filesystem::create_directories(folder / line.substr(0, line.size() - 2));
      } else if (line.ends_with('/')) {
        std::filesystem::create_directories(folder / line);
      } else {
        throw std::runtime_error("neither file, link nor folder: '" + line + "'");
      }
    } catch (const std::exception& problem) {
      throw std::runtime_error(tree_file.string() + ":" + std::to_string(number) + ": " + problem.what());
    }
  }
}

/// Every plain file below `folder`: its path from there and its content; links are not followed.
inline std::map<std::string, std::string> read_tree(const std::filesystem::path& folder) {
  std::map<std::string, std::string> result;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file() || entry.is_symlink()) continue;
    result.emplace(entry.path().lexically_relative(folder).generic_string(), read_file(entry.path()));
  }
  return result;
}

/// Where a folder lives in memory, as sysfs does: some hundred small files take milliseconds there, on a busy disk a
/// good part of a second.
inline std::filesystem::path memory_folder() {
  const std::filesystem::path shared_memory = "/dev/shm";
  std::error_code ignored;
  return std::filesystem::is_directory(shared_memory, ignored) ? shared_memory : std::filesystem::temp_directory_path();
}

/// A recorded tree (tests/device/trees/<name>.tree) alive in a folder of its own, which is the `root` of a board.
class sysfs_tree {
 public:
  explicit sysfs_tree(const std::string& name) {
    unpack_tree(std::filesystem::path(__FILE__).parent_path() / "../device/trees" / (name + ".tree"), folder_.path());
  }

  [[nodiscard]] const std::filesystem::path& root() const { return folder_.path(); }
  [[nodiscard]] std::filesystem::path operator/(std::string_view path) const { return root() / path; }

  /// Overwrites a file as the kernel would change it, keeping the inode, so that descriptors held open see the change.
  void write(std::string_view path, std::string_view content) const { write_file(root() / path, content); }
  [[nodiscard]] std::string read(std::string_view path) const { return read_file(root() / path); }
  void remove(std::string_view path) const { std::filesystem::remove_all(root() / path); }
  [[nodiscard]] std::map<std::string, std::string> content() const { return read_tree(root()); }

 private:
  temporary_folder folder_{memory_folder()};
};

}  // namespace dvfo::tests
