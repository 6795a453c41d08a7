#include "cli/terminal/table.hpp"

#include <algorithm>

#include "cli/terminal/text_lines.hpp"

namespace dvfo::cli {
namespace {

std::vector<std::size_t> column_widths(const std::vector<table_row>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()), 0);
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], columns(row[i]));
  }
  return widths;
}

std::string joined(const table_row& row, const std::vector<std::size_t>& widths, const std::string& between) {
  std::string line;
  for (std::size_t i = 0; i < widths.size(); ++i) {
    if (i > 0) line += between;
    line += filled(i < row.size() ? row[i] : std::string(), widths[i], i > 0);
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

}  // namespace dvfo::cli
