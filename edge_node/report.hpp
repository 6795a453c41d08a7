#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "edge_node/edge_node.hpp"

namespace dvfo::edge_node {

/// What is written down of one task.
struct task_record {
  std::size_t index = 0;     ///< position in the stream
  std::string name;          ///< of the input
  std::optional<int> label;  ///< true class, where it is known
  answer result;
};

/// The record as JSON (docs/task-report.md): times in seconds, sizes in bytes, names of classes from `labels`.
nlohmann::json to_json(const task_record& record, const std::vector<std::string>& labels, double deadline_seconds);

/// One line of text for a log or a file, whatever bytes the names hold.
std::string to_line(const nlohmann::json& json);

/// The record for people, several lines without colours.
std::string to_text(const task_record& record, const std::vector<std::string>& labels);

/// Totals of a stream.
struct summary {
  std::size_t tasks = 0;  ///< taken up, broken inputs included
  std::size_t answered = 0;
  std::size_t failed = 0;  ///< broken inputs and tasks without an answer
  std::size_t degraded = 0;
  std::size_t in_deadline = 0;
  std::size_t labelled = 0;
  std::size_t correct = 0;
  std::uint64_t wire_up_bytes = 0;
  std::uint64_t wire_down_bytes = 0;
  std::vector<double> tti_seconds;

  void add(const task_record& record, double deadline_seconds);
};

/// "1000 tasks, 1000 answered (12 degraded, 1000 in time), …" in one line.
std::string to_text(const summary& totals);

}  // namespace dvfo::edge_node
