#include "cli/node_processes.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "configuration/paths.hpp"

namespace dvfo::cli {

using namespace configuration;
namespace {

std::vector<std::string> with(std::vector<std::string> first, const std::vector<std::string>& more) {
  first.insert(first.end(), more.begin(), more.end());
  return first;
}

std::vector<std::string> common(const std::string& bundle) {
  return {"--bundle", bundle, "--log-level", "warning", "--parent", std::to_string(getpid())};
}

}  // namespace

cloud_process start_cloud(const std::string& bundle, const std::vector<std::string>& more) {
  const auto arguments = with(with(common(bundle), {"--listen", "127.0.0.1:0"}), more);
  cloud_process cloud{child_process(executable_folder() / "dvfo-cloud", arguments), ""};
  const std::string announcement = "listening on ";
  const auto line = cloud.process.read_line();
  if (!line || !line->starts_with(announcement)) {
    throw std::runtime_error(
        fmt::format("dvfo-cloud ended with exit code {} before it listened", cloud.process.wait()));
  }
  cloud.address = line->substr(announcement.size());
  return cloud;
}

child_process start_edge(const std::string& bundle, const std::string& cloud, const std::vector<std::string>& more) {
  return child_process(executable_folder() / "dvfo-edge", with(with(common(bundle), {"--cloud", cloud}), more));
}

run_figures run_edge(const edge_run& what, const std::function<void(std::size_t)>& on_task) {
  auto edge =
      start_edge(what.bundle, what.cloud,
                 with({"--input", what.input, "--tasks", std::to_string(what.tasks), "--json", "-", "--warm-up", "10"},
                      what.decides));
  run_figures figures;
  while (const auto line = edge.read_line()) {
    figures.add(nlohmann::json::parse(*line));
    on_task(figures.tasks());
  }
  if (const int code = edge.wait(); code != 0)
    throw std::runtime_error(fmt::format("dvfo-edge ended with exit code {}", code));
  return figures;
}

}  // namespace dvfo::cli
