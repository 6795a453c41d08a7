#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/commands/run_figures.hpp"
#include "configuration/child_process.hpp"

namespace dvfo::cli {

/// A dvfo-cloud of our own on loopback. It ends with this object, and with this process whatever happens to it.
struct cloud_process {
  configuration::child_process process;
  std::string address;  ///< "127.0.0.1:PORT"
};

/// Starts the dvfo-cloud beside this executable on a free port and waits until it listens. Throws std::runtime_error
/// when it ends first.
cloud_process start_cloud(const std::string& bundle, const std::vector<std::string>& more = {});

/// Starts the dvfo-edge beside this executable; it ends with this object and with this process.
configuration::child_process start_edge(const std::string& bundle, const std::string& cloud,
                                        const std::vector<std::string>& more);

/// One stream of tasks through an edge process of its own.
struct edge_run {
  std::string bundle;
  std::string cloud;
  std::string input;
  std::size_t tasks = 0;
  std::vector<std::string> decides;  ///< dvfo-edge's flags of the scheme and the board
};

/// Runs it to its end; `on_task` hears how many tasks are done. Throws std::runtime_error when a task stays without
/// answer or the process fails.
run_figures run_edge(const edge_run& what, const std::function<void(std::size_t)>& on_task);

}  // namespace dvfo::cli
