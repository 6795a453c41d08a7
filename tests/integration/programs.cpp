#include "tests/integration/programs.hpp"

#include <set>
#include <stdexcept>

#include "configuration/paths.hpp"

namespace dvfo::tests {

std::filesystem::path program(const std::string& name) { return std::filesystem::path(DVFO_TEST_PROGRAMS) / name; }

std::filesystem::path bundle(const std::string& name) { return configuration::bundles_folder() / name; }

cloud start_cloud(const std::string& listen, const std::string& bundle_folder) {
  cloud started{configuration::child_process(program("dvfo-cloud"),
                                             {"--bundle", bundle_folder, "--listen", listen, "--log-level", "warning"}),
                ""};
  const std::string announcement = "listening on ";
  const auto line = started.process.read_line();
  if (!line || !line->starts_with(announcement)) {
    throw std::runtime_error("dvfo-cloud ended with exit code " + std::to_string(started.process.wait()));
  }
  started.address = line->substr(announcement.size());
  return started;
}

configuration::child_process start_edge(const std::string& cloud_address, const std::vector<std::string>& more) {
  // Deadlines far beyond what a loaded machine needs: what is tested is who answers, not how fast this machine is.
  std::vector<std::string> arguments{
      "--bundle", procedural(),  "--cloud", cloud_address,  "--input", "procedural",    "--json",
      "-",        "--log-level", "error",   "--connect-ms", "60000",   "--deadline-ms", "60000"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return configuration::child_process(program("dvfo-edge"), arguments);
}

std::map<std::size_t, nlohmann::json> run_edge(const std::string& cloud_address, const std::vector<std::string>& more) {
  auto edge = start_edge(cloud_address, more);
  std::map<std::size_t, nlohmann::json> records;
  while (const auto line = edge.read_line()) {
    auto record = nlohmann::json::parse(*line);
    const auto index = record.at("index").get<std::size_t>();
    EXPECT_TRUE(records.emplace(index, std::move(record)).second) << "answered twice: " << *line;
  }
  EXPECT_EQ(edge.wait(), 0);
  return records;
}

void read_rest(configuration::child_process& edge, std::vector<nlohmann::json>& seen) {
  while (const auto line = edge.read_line()) seen.push_back(nlohmann::json::parse(*line));
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
