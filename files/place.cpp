#include "files/place.hpp"

#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <cerrno>

#include "files/error.hpp"

namespace dvfo::files {
namespace {

namespace fs = std::filesystem;

constexpr int most_links = 40;  // as the kernel has it

standing standing_of(mode_t mode) {
  if (S_ISREG(mode)) return standing::file;
  if (S_ISDIR(mode)) return standing::folder;
  return S_ISBLK(mode) ? standing::disk : standing::stream;
}

fs::path folder_of(const fs::path& path) { return path.has_parent_path() ? path.parent_path() : fs::path("."); }

/// Links of /proc such as /proc/self/fd/1 lead to an open file, not to a name.
bool is_magic(const fs::path& link) {
  struct statfs found {};
  return statfs(folder_of(link).c_str(), &found) == 0 && found.f_type == PROC_SUPER_MAGIC;
}

place behind_magic(const fs::path& link) {
  struct stat found {};
  if (stat(link.c_str(), &found) != 0) throw error(link, reason_of(errno));
  const auto what = standing_of(found.st_mode);
  return {link, what == standing::file ? standing::stream : what};
}

}  // namespace

place look_at(const fs::path& file) {
  if (file.empty()) throw error(file, "a file's name is expected");
  fs::path at = file;
  for (int links = 0; links < most_links; ++links) {
    struct stat found {};
    if (lstat(at.c_str(), &found) != 0) {
      if (errno == ENOENT) return {at, standing::nothing};
      throw error(file, reason_of(errno));
    }
    if (!S_ISLNK(found.st_mode)) return {at, standing_of(found.st_mode)};
    if (is_magic(at)) return behind_magic(at);
    std::error_code failed;
    const auto to = fs::read_symlink(at, failed);
    if (failed) throw error(file, reason_of(failed.value()));
    at = folder_of(at) / to;  // an absolute target replaces the folder
  }
  throw error(file, reason_of(ELOOP));
}

bool stands(const fs::path& file) {
  std::error_code unknown;
  return fs::exists(file, unknown);
}

bool is_folder(const fs::path& path) {
  std::error_code unknown;
  return fs::is_directory(path, unknown);
}

bool is_file(const fs::path& path) {
  std::error_code unknown;
  return fs::is_regular_file(path, unknown);
}

const char* to_string(standing what) {
  switch (what) {
    case standing::nothing:
      return "does not exist";
    case standing::file:
      return "is a file";
    case standing::folder:
      return "is a folder";
    case standing::stream:
      return "is a device or a pipe";
    case standing::disk:
      return "is a disk";
  }
  return "is unknown";
}

void make_folder(const fs::path& folder) {
  if (folder.empty()) throw error(folder, "a folder's name is expected");
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (is_folder(folder)) return;
  if (failed && failed.value() != ENOTDIR && failed.value() != EEXIST) {
    throw error(folder, "the folder cannot be made: " + reason_of(failed.value()));
  }
  fs::path part;
  for (const auto& step : folder) {
    part /= step;
    if (stands(part) && !is_folder(part)) {
      throw error(folder,
                  fmt::format("the folder cannot be made: {} {}", part.string(), to_string(look_at(part).what)));
    }
  }
  throw error(folder, "the folder cannot be made");
}

}  // namespace dvfo::files
