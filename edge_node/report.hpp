#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "inference/tasks/kinds.hpp"
#include "policy/outcome.hpp"

/// What is told of a task: as a line of JSON, written and read, or as text. No actor and no LibTorch type appears here,
/// so that everything that follows a node can use it.
namespace dvfo::edge_node {

/// The report of one task (docs/task-report.md). Times in seconds, sizes in bytes.
struct task_report {
  std::size_t index = 0;                           ///< position in the stream
  std::string input;                               ///< its name
  std::optional<inference::any_truth> truth = {};  ///< where it is known
  std::string failure = {};                        ///< why there is no answer: then nothing below; else empty
  inference::any_prediction prediction = {};       ///< as far as lines tell it, where it was read
  double eta = 0.5;                                ///< as the task asked for it
  std::optional<double> lambda = {};               ///< likewise; absent: the bundle's own
  policy::outcome outcome = {};                    ///< all but the clocks that were decided
  double deadline_seconds = 0.0;

  [[nodiscard]] bool ok() const { return failure.empty(); }
  [[nodiscard]] bool is_in_time() const { return ok() && outcome.tti <= deadline_seconds; }
  /// Absent where the truth is not known or without an answer.
  [[nodiscard]] std::optional<bool> is_correct() const;
  friend bool operator==(const task_report&, const task_report&) = default;
};

/// A stage of a task as reports name it.
struct stage_key {
  const char* name;
  double policy::stage_seconds::*seconds;
};

/// Stages in the order in which they happen.
inline constexpr std::array<stage_key, 8> stage_keys = {{{"extract", &policy::stage_seconds::extract},
                                                         {"local", &policy::stage_seconds::local},
                                                         {"encode", &policy::stage_seconds::encode},
                                                         {"transfer", &policy::stage_seconds::transfer},
                                                         {"remote_queue", &policy::stage_seconds::remote_queue},
                                                         {"remote_decode", &policy::stage_seconds::remote_decode},
                                                         {"remote_compute", &policy::stage_seconds::remote_compute},
                                                         {"fuse", &policy::stage_seconds::fuse}}};

/// The report as one line of JSON, whatever bytes the names hold; without a line end. Thread-safe.
std::string to_line(const task_report& report);

/// The report that such a line holds; keys that it does not know are passed over. Throws std::runtime_error that names
/// the key for a line that is no report. Thread-safe.
task_report read_report(std::string_view line);

/// Why a task that failed has no answer, with the input's name in it once: the reason may begin with the file.
std::string failure_text(const task_report& report);

/// The report for people, several lines without colours.
std::string to_text(const task_report& report);

/// How tasks ended.
struct task_counts {
  std::size_t answered = 0;
  std::size_t failed = 0;    ///< broken inputs and tasks without an answer
  std::size_t degraded = 0;  ///< of those answered
};

/// Totals of a stream.
struct summary : task_counts {
  std::size_t tasks = 0;  ///< taken up, broken inputs included
  std::size_t in_deadline = 0;
  std::size_t labelled = 0;
  std::size_t correct = 0;
  std::uint64_t wire_up_bytes = 0;
  std::uint64_t wire_down_bytes = 0;
  std::vector<double> tti_seconds;

  void add(const task_report& report);
};

/// "1000 tasks, 1000 answered (12 degraded, 1000 in time), …" in one line.
std::string to_text(const summary& totals);

}  // namespace dvfo::edge_node
