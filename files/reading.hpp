#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

/// Reading files whole. An unreadable file is never taken for an empty one. Thread-safe.
namespace dvfo::files {

/// Bounds in bytes, so that a wrong name (a disk, a film) is an error and not the end of the memory.
inline constexpr std::uint64_t longest_text = std::uint64_t{64} << 20U;  ///< settings, lists, traces, manifests
inline constexpr std::uint64_t longest_data = std::uint64_t{4} << 30U;   ///< weights, data sets, task records

/// All bytes of a file, or of a pipe until its end. Throws error for what is missing, a folder, unreadable, or longer.
std::string read_whole(const std::filesystem::path& file, std::uint64_t most_bytes);

/// A text that people write: UTF-8, the byte order mark that some editors put in front taken off. Throws error as
/// above, and for UTF-16.
std::string read_text(const std::filesystem::path& file);

struct line {
  std::size_t number = 0;  ///< from 1, as editors count
  std::string_view text;  ///< without its end, "\n" or "\r\n", and without blanks around it; points into the text given
};

/// The lines of a text that say something: blank lines and those that begin with # are left out.
std::vector<line> lines_of(std::string_view text);

}  // namespace dvfo::files
