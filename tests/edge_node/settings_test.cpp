#include "edge_node/settings.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>

#include "cloud_node/cloud_node.hpp"
#include "edge_node/edge_node.hpp"

namespace dvfo::edge_node {
namespace {

/// A setting's default and range, for comparing.
std::string text_of(const std::string* value) { return *value; }
std::string text_of(const std::filesystem::path* value) { return value->string(); }
std::string text_of(const configuration::whole_number& value) { return std::to_string(value.value().value_or(-1)); }
std::string text_of(const double* value) { return std::to_string(*value); }
std::string text_of(const bool* value) { return *value ? "true" : "false"; }

std::string summary_of(const configuration::setting& which) {
  auto out = std::visit([](const auto& value) { return text_of(value); }, which.target);
  if (which.bounds)
    out += " in " + std::to_string(which.bounds->lowest) + " to " + std::to_string(which.bounds->highest);
  return out;
}

template <class Settings>
std::map<std::string, std::string> summaries(Settings& values) {
  configuration::settings_table table;
  declare(table, values);
  std::map<std::string, std::string> out;
  for (const auto& each : table.settings()) out[each.name] = summary_of(each);
  return out;
}

// Batch, delay and workers of a cloud stood in the edge node and in the cloud node, each with a default of its own: a
// cloud in the edge's process could serve otherwise than the same cloud as a node.
TEST(settings, of_a_cloud_in_the_process_are_those_of_a_cloud_node) {
  settings edge;
  cloud_node::settings cloud;
  const auto of_edge = summaries(edge);
  const auto of_cloud = summaries(cloud);
  for (const char* name : {"workers", "max-batch", "max-batch-delay-ms", "max-queue", "threads", "backend", "bundle"}) {
    ASSERT_EQ(of_edge.count(name), 1U) << name;
    ASSERT_EQ(of_cloud.count(name), 1U) << name;
    EXPECT_EQ(of_edge.at(name), of_cloud.at(name)) << name;
  }
}

// A node's own limit of tasks and the gateway's were two numbers that happened to agree: were one changed, a stream
// would have sent more tasks than are admitted.
TEST(settings, let_no_more_tasks_in_than_the_gateway_admits) {
  settings how;
  how.bundle = "procedural";
  how.cloud = "none";
  how.share = 0.0;
  how.board.board = "none";
  how.deadline_ms = 60'000.0;
  edge_node node(how);
  const auto picture = std::make_shared<const inference::any_input>(
      inference::image{.width = 2, .height = 2, .pixels = std::vector<std::uint8_t>(12, 7)});
  std::vector<std::future<answer>> answers;
  for (std::size_t i = 0; i < edge_node::max_tasks_in_flight; ++i) answers.push_back(node.submit(picture));
  for (auto& each : answers) EXPECT_EQ(each.get().failure, "");
}

}  // namespace
}  // namespace dvfo::edge_node
