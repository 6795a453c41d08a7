#include "edge_node/task_lines.hpp"

#include <fmt/format.h>

#include <stdexcept>

#include "configuration/settings.hpp"
#include "files/error.hpp"
#include "files/standard_streams.hpp"

namespace dvfo::edge_node {
namespace {

bool is_report(std::string_view line) {
  try {
    read_report(line);
    return true;
  } catch (const std::runtime_error&) {
    return false;
  }
}

// The first line tells; a kill may have cut it off.
constexpr files::kind lines_of_tasks{"a file of DVFO's JSON lines", [](std::string_view head) {
                                       const auto end = head.find('\n');
                                       return end == std::string_view::npos ? head.starts_with("{\"")
                                                                            : is_report(head.substr(0, end));
                                     }};

}  // namespace

task_lines::task_lines(const std::string& where) : to_standard_output_(where == "-") {
  if (where.empty() || to_standard_output_) return;
  try {
    file_.emplace(where, lines_of_tasks);
  } catch (const files::error& problem) {
    throw configuration::usage_error(fmt::format("--json {}", problem.what()));
  }
}

void task_lines::write(const task_report& report) {
  if (!to_standard_output_ && !file_) return;
  const auto line = to_line(report) + '\n';
  if (file_) {
    file_->write(line);
  } else {
    files::print(line);
  }
}

}  // namespace dvfo::edge_node
