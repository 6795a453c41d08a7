#pragma once

#include <atomic>
#include <cstddef>
#include <functional>

#include "edge_node/edge_node.hpp"
#include "edge_node/report.hpp"
#include "edge_node/source.hpp"

namespace dvfo::edge_node {

/// How a source is streamed through a node.
struct stream_options {
  std::size_t tasks = 0;      ///< 0: the source once; more than the source holds: it starts over
  std::size_t in_flight = 1;  ///< tasks in the node at the same time, 1…edge_node::max_tasks_in_flight
  std::size_t warm_up = 0;    ///< tasks with the first image that run before and are not recorded
  double deadline_seconds = 1.0;
  task_override other = {};  ///< for every task of this stream
};

/// Streams tasks and hands each one's record to `sink`, on the calling thread, in the order of their answers. An image
/// that cannot be read becomes a record with a failure; the others go on. Once `stop` is true nothing new starts and
/// what is in flight is finished.
summary stream(edge_node& node, const task_source& source, const stream_options& how,
               const std::function<void(const task_record&)>& sink, const std::atomic<bool>& stop);

}  // namespace dvfo::edge_node
