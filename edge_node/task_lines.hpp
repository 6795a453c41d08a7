#pragma once

#include <optional>
#include <string>

#include "edge_node/report.hpp"
#include "files/output.hpp"

namespace dvfo::edge_node {

/// Where the JSON lines of --json go: nowhere, to standard output, or to a file. A line is with the system when write()
/// returns, so that a full disk or a reader that has gone is noticed at once. Not thread-safe.
class task_lines {
 public:
  /// `where`: empty for nowhere, "-" for standard output, else a file, a pipe or a device; lines of an earlier run are
  /// replaced. Throws configuration::usage_error.
  explicit task_lines(const std::string& where);

  /// Throws files::error, and files::reader_gone where nobody reads standard output any more.
  void write(const task_report& report);

 private:
  bool to_standard_output_ = false;
  std::optional<files::growing_file> file_;
};

}  // namespace dvfo::edge_node
