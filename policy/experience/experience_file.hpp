#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "files/folder.hpp"
#include "files/output.hpp"
#include "messages/experience.hpp"
#include "policy/experience/experience.hpp"

/// Experience on disk (docs/experience-file.md).
namespace dvfo::policy {

/// Writes a file of experience, bounded: when it would grow beyond its limit, it takes the name FILE.1, in place of the
/// one that had it, and a new one begins. So there are never more than two limits' worth of bytes. Only files of
/// experience are renamed and replaced; a device or a pipe is written to without an end. Not thread-safe.
class experience_file {
 public:
  /// A file of experience that is there already takes the name FILE.1. Throws files::error naming the file: it cannot
  /// be written, or something else has one of the two names. Throws std::invalid_argument for a limit that holds no
  /// task.
  experience_file(std::filesystem::path file, const messages::experience_header& header, std::uint64_t limit_bytes);

  /// Each task is with the system at once, so that a kill loses none. Throws files::error naming the file.
  void add(const experience& task);

 private:
  void begin();
  void write(const std::string& bytes);

  std::filesystem::path file_;
  std::string header_;
  std::uint64_t limit_;
  std::uint64_t size_ = 0;
  std::optional<files::growing_file> out_;
};

/// What a file holds.
struct stored_experience {
  messages::experience_header header;
  std::vector<experience> tasks;  ///< in the order of their decisions
};

/// Reads the file and, before it, the older one beside it (FILE.1), if that is of the same board, network and scheme.
/// `tell` hears what is left out: a last task that is cut off, as a kill leaves it, or an older file of something else.
/// Throws std::runtime_error naming the file for one that cannot be read or holds something else.
stored_experience read_experience(const std::filesystem::path& file, const files::teller& tell);

}  // namespace dvfo::policy
