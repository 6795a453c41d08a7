#include "tests/integration/programs.hpp"

#include <set>

#include "configuration/paths.hpp"

namespace dvfo::tests {

std::filesystem::path bundle(const std::string& name) { return configuration::bundles_folder() / name; }

launcher::cloud_process start_cloud(const std::string& listen, const std::string& bundle_folder) {
  return launcher::start_cloud({.bundle = bundle_folder, .listen = listen});
}

launcher::child_process start_edge(const std::string& cloud_address, const std::vector<std::string>& more) {
  // Deadlines far beyond what a loaded machine needs: what is tested is who answers, not how fast this machine is.
  std::vector<std::string> arguments{"--input",      "procedural", "--json",        "-",
                                     "--connect-ms", "60000",      "--deadline-ms", "60000"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return launcher::start_edge(
      {.bundle = procedural(), .cloud = cloud_address, .log_level = "error", .more = arguments});
}

std::map<std::size_t, task_report> run_edge(const std::string& cloud_address, const std::vector<std::string>& more) {
  auto edge = start_edge(cloud_address, more);
  std::map<std::size_t, task_report> reports;
  launcher::read_lines(edge, [&](const std::string& line) {
    const auto report = edge_node::read_report(line);
    EXPECT_TRUE(reports.emplace(report.index, report).second) << "answered twice: " << line;
  });
  EXPECT_EQ(edge.wait(), 0);
  return reports;
}

void read_rest(launcher::child_process& edge, std::vector<task_report>& seen) {
  launcher::read_lines(edge, [&](const std::string& line) { seen.push_back(edge_node::read_report(line)); });
}

void expect_complete_and_in_time(const std::vector<task_report>& reports) {
  std::set<std::size_t> indices;
  for (const auto& report : reports) {
    EXPECT_TRUE(report.is_in_time()) << to_line(report);
    EXPECT_TRUE(indices.insert(report.index).second) << "answered twice: " << to_line(report);
  }
  ASSERT_FALSE(indices.empty());
  EXPECT_EQ(*indices.begin(), 0U);
  EXPECT_EQ(*indices.rbegin() + 1, indices.size()) << "some task has no answer";
}

}  // namespace dvfo::tests
