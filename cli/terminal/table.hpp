#pragma once

#include <string>
#include <vector>

namespace dvfo::cli {

/// A row of cells; the first row of a table is its head.
using table_row = std::vector<std::string>;

/// Columns padded to equal width, the first one to the left and the others to the right, a rule under the head. Cells
/// are UTF-8.
std::string plain_table(const std::vector<table_row>& rows);

/// The same as a Markdown table.
std::string markdown_table(const std::vector<table_row>& rows);

/// "[#####     ]  43 %" for a fraction in [0, 1].
std::string progress_bar(double fraction);

/// "4:05" or "1:02:03".
std::string clock_text(double seconds);

/// Whether standard error is a terminal, where a line may be drawn over again.
bool stderr_is_terminal();

}  // namespace dvfo::cli
