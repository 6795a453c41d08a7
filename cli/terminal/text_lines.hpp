#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

/// Text for people on a terminal of a given width. Texts are UTF-8 and every character takes one column.
namespace dvfo::cli {

/// Columns that the text takes.
std::size_t columns(std::string_view text);

/// The beginning of the text that fits into `width` columns.
std::string clipped(std::string_view text, std::size_t width);

/// The text filled with spaces to `width` columns; behind it, or before it if `is_right`.
std::string filled(std::string_view text, std::size_t width, bool is_right = false);

/// The text broken at spaces into lines of at most `width` columns; a word that is longer is broken where it ends.
/// Never empty.
std::vector<std::string> wrapped(std::string_view text, std::size_t width);

/// "1.91 GHz", "114 MHz": three digits or so.
std::string hertz_text(double hz);

}  // namespace dvfo::cli
