#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "launcher/child_process.hpp"

/// The two nodes as processes of one's own on this machine: for the tool and for tests.
namespace dvfo::launcher {

/// Path of a program of this project: it lies beside the executable that runs.
std::filesystem::path program(const std::string& name);

/// How a node is started. It ends with the object that is got, and with this process whatever happens to it.
struct cloud_options {
  std::string bundle;
  std::string listen = "127.0.0.1:0";  ///< port 0: a free one
  std::string log_level = "warning";
  std::vector<std::string> more = {};  ///< further flags of dvfo-cloud
};
struct edge_options {
  std::string bundle;
  std::string cloud;
  std::string log_level = "warning";
  std::vector<std::string> more = {};  ///< further flags of dvfo-edge
};

struct cloud_process {
  child_process process;
  std::string address;  ///< where it listens, "127.0.0.1:PORT"
};

/// Starts dvfo-cloud and waits until it listens. Throws std::runtime_error when it ends first.
cloud_process start_cloud(const cloud_options& how);

/// Starts dvfo-edge.
child_process start_edge(const edge_options& how);

/// Hears each line of a dvfo-edge as it comes, to the end of its output: reports, where it was started with `--json -`.
/// Throws what `hear` throws.
void read_lines(child_process& edge, const std::function<void(const std::string&)>& hear);

/// One stream of tasks through an edge process of its own.
struct edge_run {
  std::string bundle;
  std::string cloud;
  std::string input;
  std::size_t tasks = 0;
  std::vector<std::string> decides;  ///< dvfo-edge's flags of the scheme and the board
};

/// Runs it to its end, as read_lines. Throws std::runtime_error when the process fails, too.
void run_edge(const edge_run& what, const std::function<void(const std::string&)>& hear);

}  // namespace dvfo::launcher
