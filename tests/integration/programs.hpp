#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "edge_node/report.hpp"
#include "inference/tasks/classification.hpp"
#include "launcher/node_processes.hpp"

/// The real programs, started as a user starts them.
namespace dvfo::tests {

using edge_node::task_report;
using launcher::program;

/// Folder of one of the repository's bundles.
std::filesystem::path bundle(const std::string& name);

/// Bundle that every test uses unless it says otherwise; needs no data set file.
inline std::string procedural() { return bundle("procedural").string(); }

/// As launcher::start_cloud.
launcher::cloud_process start_cloud(const std::string& listen = "127.0.0.1:0",
                                    const std::string& bundle_folder = procedural());

/// Starts dvfo-edge with JSON lines on its standard output.
launcher::child_process start_edge(const std::string& cloud_address, const std::vector<std::string>& more);

/// Runs dvfo-edge to its end, which must be a good one; gives its reports by index. Fails the test when an index comes
/// twice.
std::map<std::size_t, task_report> run_edge(const std::string& cloud_address, const std::vector<std::string>& more);

/// Reads reports of a running edge until `enough` says so; all of them are added to `seen`. Fails the test when the
/// output ends first.
template <class Predicate>
void read_until(launcher::child_process& edge, std::vector<task_report>& seen, const Predicate& enough) {
  while (const auto line = edge.read_line()) {
    seen.push_back(edge_node::read_report(*line));
    if (enough(seen.back())) return;
  }
  ADD_FAILURE() << "the edge node ended after " << seen.size() << " reports";
}

/// Reads the rest.
void read_rest(launcher::child_process& edge, std::vector<task_report>& seen);

/// Every index from 0 to the last exactly once, every task answered inside its deadline.
void expect_complete_and_in_time(const std::vector<task_report>& reports);

/// What the report of an image says of it.
inline const inference::class_prediction& class_of(const edge_node::task_report& report) {
  return std::get<inference::class_prediction>(report.prediction);
}

}  // namespace dvfo::tests
