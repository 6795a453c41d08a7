#include "files/output.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <time.h>  // nanosleep is POSIX
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <optional>

#include "files/error.hpp"
#include "files/place.hpp"

namespace dvfo::files {
namespace {

namespace fs = std::filesystem;

constexpr mode_t usual_rights = 0666;  // less what the user's umask takes
constexpr int most_drafts = 100;       // of this process at a time; what one that was killed left counts, too
constexpr int reader_tries = 250;      // for the reader of a pipe, with this pause between: five seconds
constexpr long reader_pause_nanoseconds = 20'000'000;

[[noreturn]] void fail(const fs::path& file, int number) { throw error(file, reason_of(number)); }

fs::path folder_of(const fs::path& file) { return file.has_parent_path() ? file.parent_path() : fs::path("."); }

/// The file's first bytes.
std::string head_of(const fs::path& file) {
  const descriptor source(open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!source) fail(file, errno);
  std::string head(head_bytes, '\0');
  std::size_t count = 0;
  while (count < head.size()) {
    const ssize_t got = read(source.number(), head.data() + count, head.size() - count);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(file, errno);
    if (got == 0) break;
    count += static_cast<std::size_t>(got);
  }
  head.resize(count);
  return head;
}

/// Throws unless the regular file there is empty or of this kind. Returns whether it is empty.
bool require_ours(const fs::path& file, const kind& of) {
  const auto head = head_of(file);
  if (!head.empty() && !of.is_ours(head)) {
    throw error(file, fmt::format("holds something that is not {} and stays as it is; name another file, or remove "
                                  "this one",
                                  of.name));
  }
  return head.empty();
}

bool may_write(const fs::path& path) { return faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) == 0; }

/// Where a write goes, if the rule lets it through.
place allowed(const fs::path& file, const kind& of) {
  auto found = look_at(file);
  switch (found.what) {
    case standing::folder:
      fail(file, EISDIR);
    case standing::disk:
      throw error(file, "is a disk; a file is expected");
    case standing::file:
      require_ours(found.path, of);
      // A rename would pass over the file's own rights.
      if (!may_write(found.path)) fail(file, errno);
      break;
    case standing::nothing:
      if (!found.path.has_filename()) fail(file, EISDIR);  // "name/"
      if (!is_folder(folder_of(found.path))) {
        throw error(file, fmt::format("the folder {} {}; name a file in a folder that exists",
                                      folder_of(found.path).string(), to_string(look_at(folder_of(found.path)).what)));
      }
      break;
    case standing::stream:
      break;
  }
  return found;
}

void pause() {
  const timespec duration{0, reader_pause_nanoseconds};
  nanosleep(&duration, nullptr);
}

/// A pipe without a reader refuses to be opened: ENXIO.
descriptor open_stream(const fs::path& file, int tries) {
  for (;;) {
    descriptor out(open(file.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
    if (out) return out;
    if (errno == ENXIO && --tries > 0) {
      pause();
    } else {
      fail(file, errno);
    }
  }
}

void write_to_stream(const fs::path& file, std::string_view bytes) {
  const auto out = open_stream(file, 1);
  if (const int problem = write_fully(out.number(), bytes, patience::none); problem != 0) {
    if (problem == EAGAIN) throw error(file, "its reader does not keep up");
    fail(file, problem);
  }
}

void sync_folder(const fs::path& folder) {
  const descriptor handle(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (handle) fsync(handle.number());  // not every file system can; the rename itself is atomic all the same
}

struct opened_draft {
  fs::path path;
  descriptor out;
};

/// A new file in this folder that nobody else has. Absent where this user may not make one; errno says why.
std::optional<opened_draft> make_draft(const fs::path& folder) {
  for (int i = 0; i < most_drafts; ++i) {
    auto path = folder / fmt::format(".dvfo-{}-{}.new", getpid(), i);
    descriptor out(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, usual_rights));
    if (out) return opened_draft{std::move(path), std::move(out)};
    if (errno != EEXIST) return std::nullopt;
  }
  return std::nullopt;
}

/// The draft gets owner and rights of what it replaces, as far as this user may give them.
void inherit(int out, const fs::path& from) {
  struct stat old {};
  if (stat(from.c_str(), &old) != 0) return;
  [[maybe_unused]] const int owner = fchown(out, old.st_uid, old.st_gid);
  [[maybe_unused]] const int rights = fchmod(out, old.st_mode & 07777U);
}

/// Returns 0, or an errno: then the file is as it was.
int replace(const fs::path& target, std::string_view bytes, durability how) {
  auto fresh = make_draft(folder_of(target));
  if (!fresh) return errno;
  inherit(fresh->out.number(), target);
  int problem = write_fully(fresh->out.number(), bytes, patience::endless);
  if (problem == 0 && how == durability::on_disk && fsync(fresh->out.number()) != 0) problem = errno;
  fresh->out.close();
  if (problem == 0 && rename(fresh->path.c_str(), target.c_str()) != 0) problem = errno;
  if (problem != 0) unlink(fresh->path.c_str());
  if (problem == 0 && how == durability::on_disk) sync_folder(folder_of(target));
  return problem;
}

/// Where the folder takes no new file, or the file is a mount point, as in containers.
void overwrite(const fs::path& target, std::string_view bytes, durability how) {
  const descriptor out(open(target.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC | O_NOFOLLOW));
  if (!out) fail(target, errno);
  int problem = write_fully(out.number(), bytes, patience::endless);
  if (problem == 0 && how == durability::on_disk && fsync(out.number()) != 0) problem = errno;
  if (problem != 0) fail(target, problem);
}

bool may_only_overwrite(int problem) {
  return problem == EACCES || problem == EPERM || problem == EROFS || problem == EBUSY;
}

}  // namespace

bool holds(const fs::path& file, const kind& of) {
  try {
    const auto found = look_at(file);
    if (found.what != standing::file) return false;
    const auto head = head_of(found.path);
    return !head.empty() && of.is_ours(head);
  } catch (const error&) {
    return false;
  }
}

void check_output(const fs::path& file, const kind& of) {
  const auto to = allowed(file, of);
  if (!may_write(to.what == standing::nothing ? folder_of(to.path) : to.path)) fail(file, errno);
}

void write_whole(const fs::path& file, std::string_view bytes, const kind& of, durability how) {
  const auto to = allowed(file, of);
  if (to.what == standing::stream) return write_to_stream(to.path, bytes);
  const int problem = replace(to.path, bytes, how);
  if (problem == 0) return;
  if (to.what != standing::file || !may_only_overwrite(problem)) fail(file, problem);
  overwrite(to.path, bytes, how);
}

draft::draft(const fs::path& file, const kind& of) {
  const auto to = allowed(file, of);
  if (to.what == standing::stream) throw error(file, fmt::format("{}; a file is expected", to_string(to.what)));
  target_ = to.path;
  auto fresh = make_draft(folder_of(target_));
  if (!fresh) fail(file, errno);
  inherit(fresh->out.number(), target_);
  path_ = std::move(fresh->path);
}

draft::~draft() {
  if (!path_.empty()) unlink(path_.c_str());
}

void draft::commit(durability how) {
  if (how == durability::on_disk) {
    const descriptor written(open(path_.c_str(), O_RDONLY | O_CLOEXEC));
    if (!written || fsync(written.number()) != 0) fail(target_, errno);
  }
  if (rename(path_.c_str(), target_.c_str()) != 0) fail(target_, errno);
  path_.clear();
  if (how == durability::on_disk) sync_folder(folder_of(target_));
}

growing_file::growing_file(const fs::path& file, const kind& of) : file_(file) {
  const auto to = allowed(file, of);
  is_regular_ = to.what != standing::stream;
  if (is_regular_) {
    out_ = descriptor(
        open(to.path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOFOLLOW, usual_rights));
    if (!out_) fail(file, errno);
    return;
  }
  out_ = open_stream(to.path, reader_tries);
  // From here on a slow reader is waited for, as on standard output.
  fcntl(out_.number(), F_SETFL, fcntl(out_.number(), F_GETFL) & ~O_NONBLOCK);
}

void growing_file::write(std::string_view bytes) {
  if (const int problem = write_fully(out_.number(), bytes, patience::endless); problem != 0) fail(file_, problem);
}

fs::path beside(const fs::path& file, std::string_view ending) {
  auto name = look_at(file).path;
  name += ending;
  return name;
}

void set_aside(const fs::path& file, std::string_view ending, const kind& of) {
  const auto from = look_at(file);
  if (from.what == standing::nothing || from.what == standing::stream) return;
  if (from.what != standing::file) throw error(file, fmt::format("{}, not {}", to_string(from.what), of.name));
  if (require_ours(from.path, of)) return;
  const auto to = beside(file, ending);
  const auto other = allowed(to, of);
  if (other.what == standing::stream || other.path != to) {
    throw error(to, fmt::format("is no file; {} of that name was to be kept there", of.name));
  }
  if (rename(from.path.c_str(), to.c_str()) != 0) throw error(file, "cannot be renamed: " + reason_of(errno));
}

void remove_own(const fs::path& file, const kind& of) {
  const auto found = look_at(file);
  if (found.what == standing::nothing) return;
  if (found.what != standing::file) throw error(file, fmt::format("{}, not {}", to_string(found.what), of.name));
  require_ours(found.path, of);
  if (unlink(found.path.c_str()) != 0) fail(file, errno);
}

}  // namespace dvfo::files
