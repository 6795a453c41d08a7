#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "cli/command.hpp"
#include "cli/report.hpp"
#include "cli/table.hpp"
#include "configuration/exit_code.hpp"
#include "configuration/paths.hpp"
#include "configuration/settings.hpp"
#include "device/board_profile.hpp"
#include "device/simulated/simulated_board.hpp"
#include "device/simulated/specifications.hpp"
#include "evaluation/bundle_task.hpp"
#include "evaluation/schemes.hpp"
#include "inference/data/dataset.hpp"
#include "inference/model.hpp"
#include "inference/model_bundle.hpp"

namespace dvfo::cli {

using namespace configuration;
namespace {

namespace sim = device::simulated;

constexpr const char* details =
    "Schemes against each other on a simulated board, in virtual time: the same tasks, links and seeds for every one.\n"
    "Times, energies and costs are the physics' (docs/calibration.md), bytes are those of real frames, accuracies "
    "those\n"
    "that the bundle was measured with. Regret is the mean cost against that of exhaustive search.\n\n"
    "Examples:\n"
    "  dvfo evaluate schemes --board jetson-tx2 --bundle cifar100 --bandwidth 5 --rtt 4\n"
    "  dvfo evaluate schemes --board jetson-nano --traces /data/traces/fcc --eta 1 --json schemes.json\n";

struct schemes_command {
  std::string board = "jetson-xavier-nx";
  std::string bundle = "cifar100";
  std::string data;
  std::string schemes = "edge-only,cloud-only,fixed,oracle";
  std::string traces;
  double bandwidth = 5.0;
  double rtt = 4.0;
  double eta = 0.5;
  double interval = 100.0;
  std::int64_t tasks = 1000;
  std::int64_t seed = 1;
  std::string json;
  settings_table table;
};

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at <= list.size();) {
    const auto end = std::min(list.find(',', at), list.size());
    if (end > at) out.push_back(list.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

std::vector<policy::link_trace> links_of(const schemes_command& command) {
  if (command.traces.empty()) return {policy::link_trace::constant(command.bandwidth * 1e6)};
  std::vector<std::filesystem::path> files;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(command.traces, failed)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  if (files.empty()) {
    throw usage_error(fmt::format("--traces {}: no file is there; name a folder of bandwidth traces", command.traces));
  }
  std::sort(files.begin(), files.end());
  std::vector<policy::link_trace> links;
  links.reserve(files.size());
  for (const auto& file : files) links.push_back(policy::link_trace::from_file(file));
  return links;
}

/// Images to measure frames on: the bundle's test images where they are found, else the procedural set's.
std::unique_ptr<inference::dataset> images_for(const schemes_command& command,
                                               const inference::bundle_manifest& bundle) {
  const bool has_data = bundle.dataset != "procedural" && !command.data.empty();
  return inference::open_dataset(has_data ? find_data(command.data, bundle.dataset) : "procedural",
                                 inference::subset::test);
}

int run_schemes(schemes_command& command) {
  command.table.settle();
  inference::prepare_for_single_images();
  inference::set_intra_op_threads(1);
  const auto plain = sim::simulated_name(command.board);
  const std::string board_name = plain.empty() ? command.board : std::string(plain);
  const auto physics = sim::physics::of_board(board_name);
  const auto bundle = inference::model_bundle::load(find_bundle(command.bundle));
  const auto images = images_for(command, bundle.manifest());
  const policy::task_physics task(
      physics, evaluation::task_of(bundle, *images, sim::find_specification(board_name).element_bytes));

  evaluation::schemes_case what;
  what.physics = &task;
  what.links = links_of(command);
  what.rtt_seconds = command.rtt / 1e3;
  what.eta = command.eta;
  what.max_power_watts = device::find_board(board_name).max_power_watts;
  what.tasks = static_cast<std::size_t>(command.tasks);
  what.when.mean_seconds = command.interval / 1e3;
  what.seed = static_cast<std::uint64_t>(command.seed);
  std::vector<evaluation::scheme_row> found;
  try {
    found = evaluation::evaluate_schemes(what, split(command.schemes));
  } catch (const std::invalid_argument& problem) {
    throw usage_error(problem.what());
  }

  std::vector<table_row> rows{
      {"scheme", "TTI, ms", "p50", "p99", "ETI, mJ", "cost, mJ", "regret, %", "share", "top-1, %"}};
  nlohmann::json json = {{"board", board_name},
                         {"bundle", bundle.manifest().name},
                         {"eta", command.eta},
                         {"rtt_seconds", what.rtt_seconds},
                         {"links", what.links.size()},
                         {"frames_measured_on", images->name()},
                         {"rows", nlohmann::json::array()}};
  for (const auto& row : found) {
    rows.push_back({row.scheme, fmt::format("{:.2f}", 1e3 * row.tti_mean), fmt::format("{:.2f}", 1e3 * row.tti_p50),
                    fmt::format("{:.2f}", 1e3 * row.tti_p99), fmt::format("{:.2f}", 1e3 * row.eti_mean),
                    fmt::format("{:.2f}", 1e3 * row.cost_mean), fmt::format("{:.1f}", 1e2 * row.regret),
                    fmt::format("{:.2f}", row.share_mean), row.accuracy ? fmt::format("{:.2f}", *row.accuracy) : "–"});
    json["rows"].push_back({{"scheme", row.scheme},
                            {"tti_mean", row.tti_mean},
                            {"tti_p50", row.tti_p50},
                            {"tti_p99", row.tti_p99},
                            {"eti_mean", row.eti_mean},
                            {"cost_mean", row.cost_mean},
                            {"accuracy", row.accuracy ? nlohmann::json(*row.accuracy) : nlohmann::json(nullptr)},
                            {"regret", row.regret},
                            {"share_mean", row.share_mean}});
  }
  const auto head = fmt::format(
      "{} on a simulated {}: {} tasks, {}, round trip {} ms, eta {}; times derived, power {}; frames measured on {}\n",
      bundle.manifest().name, board_name, command.tasks,
      what.links.size() == 1 ? what.links.front().name() : fmt::format("{} links", what.links.size()), command.rtt,
      command.eta, sim::to_string(physics.power_origin()), images->name());
  publish(head + plain_table(rows), json, command.json);
  return exit_success;
}

}  // namespace

void add_evaluate_schemes(CLI::App& evaluate, action& chosen) {
  auto* sub = evaluate.add_subcommand("schemes", "ways to decide against each other on a simulated board");
  sub->footer(std::string(details) + "\n" + exit_code_help);
  const auto command = std::make_shared<schemes_command>();
  command->table.text("board", command->board, "BOARD", "simulated board, such as jetson-tx2")
      .text("bundle", command->bundle, "DIR", "model bundle: a folder, or a name in $DVFO_BUNDLES")
      .text("data", command->data, "DIR", "folder of the bundle's data set, or of data sets, to measure frames on")
      .text("schemes", command->schemes, "NAMES",
            fmt::format("some of {}, with commas between", fmt::join(evaluation::scheme_names(), ", ")))
      .real("bandwidth", command->bandwidth, {0.001, 1e5}, "MBIT", "megabits per second of a link that never changes")
      .text("traces", command->traces, "DIR", "folder of bandwidth traces (seconds, tab, megabits per second) instead")
      .real("rtt", command->rtt, {0.0, 10'000.0}, "MS", "round trip of the link")
      .real("eta", command->eta, {0.0, 1.0}, "WEIGHT", "energy against latency in the cost: 1 counts energy only")
      .real("interval", command->interval, {0.01, 1e6}, "MS", "time between two tasks")
      .integer("tasks", command->tasks, {1, 10'000'000}, "N", "tasks a scheme, divided among the links")
      .integer("seed", command->seed, {0, 1'000'000'000}, "N", "start of every random choice")
      .text("json", command->json, "FILE", "the figures as JSON; '-' is standard output");
  command->table.attach(*sub);
  sub->callback([command, &chosen] { chosen = [command] { return run_schemes(*command); }; });
}

}  // namespace dvfo::cli
