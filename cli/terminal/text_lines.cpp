#include "cli/terminal/text_lines.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace dvfo::cli {
namespace {

bool begins_character(char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }

}  // namespace

std::size_t columns(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins_character));
}

std::string clipped(std::string_view text, std::size_t width) {
  std::size_t seen = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (begins_character(text[i]) && seen++ == width) return std::string(text.substr(0, i));
  }
  return std::string(text);
}

std::string filled(std::string_view text, std::size_t width, bool is_right) {
  const std::string space(width - std::min(width, columns(text)), ' ');
  return is_right ? space + std::string(text) : std::string(text) + space;
}

std::vector<std::string> wrapped(std::string_view text, std::size_t width) {
  width = std::max<std::size_t>(width, 1);
  std::vector<std::string> lines(1);
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    std::string word(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (word.empty()) continue;
    if (!lines.back().empty() && columns(lines.back()) + 1 + columns(word) > width) lines.emplace_back();
    while (lines.back().empty() && columns(word) > width) {
      lines.back() = clipped(word, width);
      word.erase(0, lines.back().size());
      lines.emplace_back();
    }
    if (!lines.back().empty()) lines.back() += ' ';
    lines.back() += word;
  }
  return lines;
}

std::string hertz_text(double hz) {
  return hz >= 1e9 ? fmt::format("{:.2f} GHz", hz / 1e9) : fmt::format("{:.0f} MHz", hz / 1e6);
}

}  // namespace dvfo::cli
