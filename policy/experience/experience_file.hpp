#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

#include "messages/experience.hpp"

namespace dvfo::actors {

/// A task record on disk, bounded: when the file would grow beyond its limit, it takes the name FILE.1, in place of the
/// one that had it, and a new one begins. So there are never more than two limits' worth of bytes. Not thread-safe.
class record_file {
 public:
  /// A file that is there already takes the name FILE.1. Throws std::runtime_error naming the file, and
  /// std::invalid_argument for a limit that holds no task.
  record_file(std::filesystem::path file, const messages::experience_header& header, std::uint64_t limit_bytes);

  /// Each task is with the system at once, so that a kill loses none. Throws std::runtime_error naming the file.
  void add(const messages::experience& task);

 private:
  void begin();
  void write(const std::string& bytes);

  std::filesystem::path file_;
  std::string header_;
  std::uint64_t limit_;
  std::uint64_t size_ = 0;
  std::ofstream out_;
};

}  // namespace dvfo::actors
