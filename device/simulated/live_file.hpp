#pragma once

#include <cstdint>
#include <filesystem>

namespace dvfo::device::simulated {

/// A small file whose number changes often: kept open, written without a moment in which a reader finds it empty.
class live_file {
 public:
  /// A file that cannot be opened is one that nobody reads: put() then does nothing.
  explicit live_file(const std::filesystem::path& file);
  ~live_file();
  live_file(const live_file&) = delete;
  live_file& operator=(const live_file&) = delete;

  /// A failure to write is left alone: the tree is for reading, and whoever removed it knows.
  void put(std::int64_t value) const;

 private:
  int descriptor_;
};

}  // namespace dvfo::device::simulated
