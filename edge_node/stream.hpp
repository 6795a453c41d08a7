#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>

#include "edge_node/edge_node.hpp"
#include "edge_node/report.hpp"
#include "edge_node/source.hpp"

namespace dvfo::edge_node {

/// How a source is streamed through a node.
struct stream_options {
  std::size_t tasks = 0;      ///< 0: the source once; more than the source holds: it starts over
  std::size_t in_flight = 1;  ///< tasks in the node at the same time, 1…edge_node::max_tasks_in_flight
  std::size_t warm_up = 0;    ///< tasks with the first input that run before and are not told of
  double deadline_seconds = 1.0;
  task_override other = {};  ///< for every task of this stream
};

/// A task of a stream and its answer.
struct streamed_task {
  std::size_t index = 0;                      ///< position in the stream
  std::string name;                           ///< of the input
  std::optional<inference::any_truth> truth;  ///< where it is known
  answer result;
};

/// What is told of it.
task_report report_of(const streamed_task& task, double deadline_seconds);

/// Streams tasks and hands each one's report to `sink`, on the calling thread, in the order of their answers. An input
/// that cannot be read becomes a report with a failure; the others go on. Once `stop` is true nothing new starts and
/// what is in flight is finished.
summary stream(edge_node& node, const task_source& source, const stream_options& how,
               const std::function<void(const task_report&)>& sink, const std::atomic<bool>& stop);

}  // namespace dvfo::edge_node
