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

std::map<std::size_t, nlohmann::json> run_edge(const std::string& cloud_address, const std::vector<std::string>& more) {
  auto edge = start_edge(cloud_address, more);
  std::map<std::size_t, nlohmann::json> records;
  launcher::read_lines(edge, [&](const std::string& line) {
    const auto record = nlohmann::json::parse(line);
    const auto index = record.at("index").get<std::size_t>();
    EXPECT_TRUE(records.emplace(index, record).second) << "answered twice: " << record;
  });
  EXPECT_EQ(edge.wait(), 0);
  return records;
}

void read_rest(launcher::child_process& edge, std::vector<nlohmann::json>& seen) {
  launcher::read_lines(edge, [&](const std::string& line) { seen.push_back(nlohmann::json::parse(line)); });
}

void expect_complete_and_in_time(const std::vector<nlohmann::json>& records) {
  std::set<std::size_t> indices;
  for (const auto& record : records) {
    EXPECT_FALSE(record.contains("error")) << record;
    EXPECT_TRUE(record.value("in_deadline", false)) << record;
    EXPECT_TRUE(indices.insert(record.at("index").get<std::size_t>()).second) << "answered twice: " << record;
  }
  ASSERT_FALSE(indices.empty());
  EXPECT_EQ(*indices.begin(), 0U);
  EXPECT_EQ(*indices.rbegin() + 1, indices.size()) << "some task has no answer";
}

}  // namespace dvfo::tests
