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

}  // namespace dvfo::cli
