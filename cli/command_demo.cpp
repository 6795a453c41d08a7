#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "cli/command.hpp"
#include "cli/node_processes.hpp"
#include "cli/table.hpp"
#include "configuration/exit_code.hpp"
#include "configuration/paths.hpp"
#include "configuration/settings.hpp"
#include "device/simulated/simulated_board.hpp"

namespace dvfo::cli {

using namespace configuration;
namespace {

constexpr const char* details =
    "Starts one cloud and one edge process on this machine and streams test images through three ways to share the "
    "work,\n"
    "each at the highest and at middle clocks of a simulated Jetson Xavier NX.\n"
    "The edge's summaries go to standard error, the table to standard output.\n\n"
    "Examples:\n"
    "  dvfo demo\n"
    "  dvfo demo --data /data/cifar100 --tasks 1000\n"
    "  dvfo demo --json > demo.json\n";

struct demo_command {
  std::string data;
  std::string bundle;
  std::string board = "sim:jetson-xavier-nx";
  std::int64_t tasks = 1000;
  bool json = false;
  settings_table table;
};

struct scheme {
  const char* name;
  const char* title;
  double share;
  const char* clocks;
};
constexpr std::array<scheme, 6> schemes = {{{"edge-only", "edge-only ξ=0", 0.0, "highest"},
                                            {"edge-only", "edge-only ξ=0", 0.0, "middle"},
                                            {"cloud-only", "cloud-only ξ=1", 1.0, "highest"},
                                            {"cloud-only", "cloud-only ξ=1", 1.0, "middle"},
                                            {"collaborative", "together ξ=½", 0.5, "highest"},
                                            {"collaborative", "together ξ=½", 0.5, "middle"}}};

// What is streamed: CIFAR-100 where it is found, else the set that needs no file.
struct demo_set {
  std::string name;
  std::string input;
};

demo_set choose_set(const std::string& data) {
  if (!data.empty() && data != "procedural") {
    const auto folder = find_data(data, "cifar100");
    if (std::filesystem::is_regular_file(std::filesystem::path(folder) / "test.bin")) return {"cifar100", folder};
    fmt::print(stderr, "No CIFAR-100 in {} ('dvfo data get cifar100' fetches it): showing the procedural set.\n", data);
  }
  return {"procedural", "procedural"};
}

std::string milliseconds(double p50, double p99) {
  return p99 <= 0.0 ? std::string("–") : fmt::format("{:.2f} / {:.2f}", 1e3 * p50, 1e3 * p99);
}

std::string millijoules(std::optional<double> joules) {
  return joules ? fmt::format("{:.2f}", 1e3 * *joules) : std::string("–");
}

std::string rendered(const std::vector<run_figures>& runs) {
  std::vector<table_row> rows{{""}, {"clocks"}};
  for (const auto& each : schemes) {
    rows[0].emplace_back(each.title);
    rows[1].emplace_back(each.clocks);
  }
  const auto add = [&](std::string title, const auto& cell) {
    table_row row{std::move(title)};
    for (const auto& run : runs) row.push_back(cell(run));
    rows.push_back(std::move(row));
  };
  add("accuracy, %", [](const run_figures& run) { return fmt::format("{:.1f}", run.accuracy()); });
  add("energy a task, mJ, measured", [](const run_figures& run) { return millijoules(run.mean_measured_joules()); });
  add("energy a task, mJ, estimated", [](const run_figures& run) { return millijoules(run.mean_estimated_joules()); });
  add("latency, ms (p50 / p99)", [](const run_figures& run) { return milliseconds(run.tti(0.5), run.tti(0.99)); });
  for (std::size_t i = 0; i < stage_names.size(); ++i) {
    std::string title = fmt::format("  {}", stage_names[i]);
    std::replace(title.begin(), title.end(), '_', ' ');
    add(std::move(title), [i](const run_figures& run) { return milliseconds(run.stage(i, 0.5), run.stage(i, 0.99)); });
  }
  add("bytes up a task", [](const run_figures& run) { return fmt::format("{:.0f}", run.mean_bytes_up()); });
  add("bytes down a task", [](const run_figures& run) { return fmt::format("{:.0f}", run.mean_bytes_down()); });
  add("degraded tasks", [](const run_figures& run) { return std::to_string(run.degraded()); });
  add("host overrun a task, ms",
      [](const run_figures& run) { return fmt::format("{:.2f}", 1e3 * run.mean_overrun()); });
  return plain_table(rows);
}

// What the energies are, in words: nobody shall take a model's joules for a meter's.
std::string energy_note(const std::string& board) {
  namespace sim = device::simulated;
  const auto name = sim::simulated_name(board);
  if (name.empty()) return {};
  return fmt::format(
      "\nBoard {}: simulated; times of these networks derived, power {}.\n"
      "Extraction and local DNN take its modelled time. Measured energy is what the ordinary sensor code reads on its\n"
      "modelled rails, estimated energy what the power model says of each task by itself. Host overrun is what this\n"
      "machine took longer than the board: left out of latencies, but not of measured energy.\n",
      board, sim::to_string(sim::physics::of_board(name).power_origin()));
}

int run_demo(demo_command& command) {
  command.table.settle();
  const auto set = choose_set(command.data);
  const auto bundle = find_bundle(command.bundle.empty() ? set.name : command.bundle).string();
  const auto cloud = start_cloud(bundle);
  fmt::print(stderr, "{} test images of {}; cloud process {} at {}\n", command.tasks, set.name, cloud.process.id(),
             cloud.address);

  std::vector<run_figures> runs;
  const auto tasks = static_cast<std::size_t>(command.tasks);
  for (const auto& each : schemes) {
    fmt::print(stderr, "{}, {} clocks\n", each.title, each.clocks);
    const auto show = [&](std::size_t done) {
      if (stderr_is_terminal() && (done % 10 == 0 || done == tasks)) {
        fmt::print(stderr, "\r  {}{}", progress_bar(static_cast<double>(done) / static_cast<double>(tasks)),
                   done == tasks ? "\n" : "");
      }
    };
    runs.push_back(run_edge({bundle, cloud.address, each.share, set.input, tasks, command.board, each.clocks}, show));
  }
  if (command.json) {
    nlohmann::json all = {
        {"dataset", set.name}, {"bundle", bundle}, {"board", command.board}, {"schemes", nlohmann::json::array()}};
    for (std::size_t i = 0; i < runs.size(); ++i) {
      auto figures = runs[i].to_json();
      figures["scheme"] = schemes[i].name;
      figures["share"] = schemes[i].share;
      figures["clocks"] = schemes[i].clocks;
      all["schemes"].push_back(std::move(figures));
    }
    fmt::print("{}\n", all.dump(2));
  } else {
    fmt::print("\n{}{}", rendered(runs), energy_note(command.board));
  }
  return exit_success;
}

}  // namespace

void add_demo(CLI::App& app, action& chosen) {
  auto* demo = app.add_subcommand("demo", "see one edge and one cloud process work together");
  demo->footer(std::string(details) + "\n" + exit_code_help);
  const auto command = std::make_shared<demo_command>();
  command->table
      .text("data", command->data, "DIR", "folder of CIFAR-100, or of data sets; else the procedural set is shown")
      .text("bundle", command->bundle, "DIR", "model bundle; else the project's own for the data set")
      .text("board", command->board, "BOARD", "board of the edge process; sim:NAME is simulated, see dvfo-edge --help")
      .integer("tasks", command->tasks, {1, 1'000'000}, "N", "test images a scheme")
      .flag("json", command->json, "the figures as JSON on standard output");
  command->table.attach(*demo);
  demo->callback([command, &chosen] { chosen = [command] { return run_demo(*command); }; });
}

}  // namespace dvfo::cli
