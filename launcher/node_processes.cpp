#include "launcher/node_processes.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <stdexcept>

#include "configuration/paths.hpp"
#include "configuration/variables.hpp"

namespace dvfo::launcher {
namespace {

std::vector<std::string> with(std::vector<std::string> first, const std::vector<std::string>& more) {
  first.insert(first.end(), more.begin(), more.end());
  return first;
}

std::vector<std::string> common(const std::string& bundle, const std::string& log_level) {
  return {"--bundle", bundle, "--log-level", log_level, "--parent", std::to_string(getpid())};
}

// What the user has set for nodes of his own (DVFO_EDGE_SHARE, …) is none of these nodes' business.
child_process::options uninfluenced() { return {.error_file = {}, .hides = configuration::belongs_to_one_program}; }

}  // namespace

std::filesystem::path program(const std::string& name) { return configuration::executable_folder() / name; }

cloud_process start_cloud(const cloud_options& how) {
  const auto arguments = with(with(common(how.bundle, how.log_level), {"--listen", how.listen}), how.more);
  cloud_process cloud{child_process(program("dvfo-cloud"), arguments, uninfluenced()), ""};
  const std::string announcement = "listening on ";
  const auto line = cloud.process.read_line();
  if (!line || !line->starts_with(announcement)) {
    throw std::runtime_error(
        fmt::format("dvfo-cloud ended with exit code {} before it listened", cloud.process.wait()));
  }
  cloud.address = line->substr(announcement.size());
  return cloud;
}

child_process start_edge(const edge_options& how) {
  return child_process(program("dvfo-edge"),
                       with(with(common(how.bundle, how.log_level), {"--cloud", how.cloud}), how.more), uninfluenced());
}

void read_lines(child_process& edge, const std::function<void(const std::string&)>& hear) {
  while (const auto line = edge.read_line()) hear(*line);
}

void run_edge(const edge_run& what, const std::function<void(const std::string&)>& hear) {
  auto edge = start_edge(
      {.bundle = what.bundle,
       .cloud = what.cloud,
       .more = with({"--input", what.input, "--tasks", std::to_string(what.tasks), "--json", "-", "--warm-up", "10"},
                    what.decides)});
  read_lines(edge, hear);
  if (const int code = edge.wait(); code != 0)
    throw std::runtime_error(fmt::format("dvfo-edge ended with exit code {}", code));
}

}  // namespace dvfo::launcher
