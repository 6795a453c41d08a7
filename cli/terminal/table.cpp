#include "cli/terminal/table.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

namespace dvfo::cli {
namespace {

// Characters as a terminal counts them: every byte but UTF-8's continuation bytes.
std::size_t width(const std::string& cell) {
  return static_cast<std::size_t>(
      std::count_if(cell.begin(), cell.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::vector<std::size_t> column_widths(const std::vector<table_row>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()), 0);
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
  }
  return widths;
}

std::string padded(const std::string& cell, std::size_t to, bool left) {
  const std::string space(to - std::min(to, width(cell)), ' ');
  return left ? cell + space : space + cell;
}

std::string joined(const table_row& row, const std::vector<std::size_t>& widths, const std::string& between) {
  std::string line;
  for (std::size_t i = 0; i < widths.size(); ++i) {
    if (i > 0) line += between;
    line += padded(i < row.size() ? row[i] : std::string(), widths[i], i == 0);
  }
  return line;
}

}  // namespace

std::string plain_table(const std::vector<table_row>& rows) {
  const auto widths = column_widths(rows);
  std::string text;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    text += joined(rows[r], widths, "  ") + '\n';
    if (r > 0) continue;
    std::size_t total = 2 * (widths.empty() ? 0 : widths.size() - 1);
    for (const auto each : widths) total += each;
    text += std::string(total, '-') + '\n';
  }
  return text;
}

std::string markdown_table(const std::vector<table_row>& rows) {
  const auto widths = column_widths(rows);
  std::string text;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    text += "| " + joined(rows[r], widths, " | ") + " |\n";
    if (r > 0) continue;
    for (std::size_t i = 0; i < widths.size(); ++i) text += i == 0 ? "|---" : "|---:";
    text += "|\n";
  }
  return text;
}

std::string progress_bar(double fraction) {
  constexpr int cells = 20;
  const auto clamped = std::clamp(fraction, 0.0, 1.0);
  const auto filled = static_cast<std::size_t>(std::floor(clamped * cells));
  return fmt::format("[{:<{}}] {:3.0f} %", std::string(filled, '#'), cells, 100.0 * clamped);
}

std::string clock_text(double seconds) {
  const auto whole = std::llround(std::max(0.0, seconds));
  const auto hours = whole / 3600;
  const auto minutes = whole / 60 % 60;
  return hours > 0 ? fmt::format("{}:{:02}:{:02}", hours, minutes, whole % 60)
                   : fmt::format("{}:{:02}", minutes, whole % 60);
}

bool stderr_is_terminal() { return isatty(STDERR_FILENO) == 1; }

}  // namespace dvfo::cli
