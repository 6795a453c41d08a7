#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "cli/commands/command.hpp"
#include "cli/commands/run_figures.hpp"
#include "cli/commands/scheme_options.hpp"
#include "cli/terminal/progress.hpp"
#include "cli/terminal/table.hpp"
#include "configuration/address.hpp"
#include "configuration/exit_code.hpp"
#include "configuration/paths.hpp"
#include "configuration/settings.hpp"
#include "device/board_profile.hpp"
#include "device/simulated/simulated_board.hpp"
#include "edge_node/report.hpp"
#include "edge_node/settings.hpp"
#include "files/place.hpp"
#include "files/standard_streams.hpp"
#include "inference/discriminator.hpp"
#include "launcher/node_processes.hpp"
#include "link/relay.hpp"
#include "policy/cost.hpp"
#include "policy/schemes/scheme_table.hpp"

namespace dvfo::cli {

using namespace configuration;
namespace {

constexpr const char* details =
    "Starts one cloud process and, scheme by scheme, an edge process on this machine, with a link between them that "
    "is\n"
    "as slow as one is asked for, and streams the same test images through each: every scheme decides live, with its "
    "own\n"
    "clocks of a simulated Jetson Xavier NX. The edges' summaries go to standard error, the table to standard output.\n"
    "How the schemes decide: docs/schemes.md.\n\n"
    "Examples:\n"
    "  dvfo demo\n"
    "  dvfo demo --data /data/cifar100 --tasks 2000 --mbps 20 --eta 1\n"
    "  dvfo demo --schemes edge-only,cloud-jpeg,dvfo --json > demo.json\n";

struct demo_command {
  std::string data;
  std::string bundle;
  std::string board = "sim:jetson-xavier-nx";
  std::string schemes = "edge-only,cloud-only,drldo,appealnet,dvfo";
  edge_node::settings edge;  // its own words for link, weight and learning, where the user says none
  double mbps = edge.learn_mbps;
  double rtt_ms = edge.learn_rtt_ms;
  double eta = edge.eta;
  std::int64_t tasks = 1000;
  std::int64_t learn_tasks = edge.learn_tasks;
  std::string policy;
  std::string reduction_of;  // empty: dvfo, where it is shown
  bool json = false;
  settings_table table;
};

/// What is streamed: CIFAR-100 where it is found, else the set that needs no file.
struct demo_set {
  std::string name;
  std::string input;
};

demo_set choose_set(const std::string& data) {
  if (!data.empty() && data != "procedural") {
    const auto folder = find_data(data, "cifar100");
    if (files::is_file(std::filesystem::path(folder) / "test.bin")) return {"cifar100", folder};
    files::tell(
        fmt::format("No CIFAR-100 in {} ('dvfo data get cifar100' fetches it): showing the procedural set.\n", data));
  }
  return {"procedural", "procedural"};
}

/// One scheme's run.
struct shown {
  std::string scheme;
  run_figures figures;
};

/// A scheme that cannot be shown, and why.
struct left_out {
  std::string scheme;
  std::string reason;
};

/// MaxPower of DVFO Eq. 4; absent for a board that is no Jetson.
std::optional<double> max_power_of(const std::string& board) {
  const auto plain = device::simulated::simulated_name(board);
  const double watts = device::find_board(plain.empty() ? std::string_view(board) : plain).max_power_watts;
  return watts > 0.0 ? std::optional(watts) : std::nullopt;
}

/// Mean cost: it is linear in energy and time, so that of the means.
std::optional<double> cost_of(const run_figures& run, double eta, std::optional<double> max_power) {
  const auto joules = run.mean_joules();
  if (!joules || !max_power) return std::nullopt;
  return policy::task_cost(eta, *joules, run.mean_tti(), *max_power);
}

/// 1 − V/A (docs/schemes.md).
std::optional<double> reduction(std::optional<double> of, std::optional<double> against) {
  if (!of || !against || !(*against > 0.0)) return std::nullopt;
  return 1.0 - *of / *against;
}

struct reductions {
  std::optional<double> tti, eti, cost;
};

struct demo_result {
  std::vector<shown> runs;
  std::vector<left_out> absent;
  double eta = 0.5;
  std::optional<double> max_power;
  std::string reduction_of;  // the scheme whose savings against each other one are shown

  [[nodiscard]] reductions compare(const shown& one, const shown& other) const {
    return {reduction(one.figures.mean_tti(), other.figures.mean_tti()),
            reduction(one.figures.mean_joules(), other.figures.mean_joules()),
            reduction(cost_of(one.figures, eta, max_power), cost_of(other.figures, eta, max_power))};
  }
};

/// Boards' sensors show means of up to 430 ms once they are over: of a stream that lasts less than some ten of them,
/// the rails show for the most part what the board drew before it.
constexpr double shortest_measured_seconds = 5.0;

std::string milli(std::optional<double> value) { return value ? fmt::format("{:.2f}", 1e3 * *value) : "–"; }
std::string percent(std::optional<double> value) {
  if (!value) return "–";
  auto text = fmt::format("{:.1f}", 1e2 * *value);
  return text == "-0.0" ? "0.0" : text;
}

std::string rendered(const demo_result& found) {
  std::vector<table_row> rows{{""}};
  for (const auto& each : found.runs) rows[0].push_back(each.scheme);
  const auto add = [&](std::string title, const auto& cell) {
    table_row row{std::move(title)};
    for (const auto& each : found.runs) row.push_back(cell(each));
    rows.push_back(std::move(row));
  };
  add("accuracy, %", [](const shown& each) { return fmt::format("{:.1f}", each.figures.accuracy()); });
  add("TTI a task, ms", [](const shown& each) { return milli(each.figures.mean_tti()); });
  add("  p50 / p99", [](const shown& each) {
    return fmt::format("{:.2f} / {:.2f}", 1e3 * each.figures.tti(0.5), 1e3 * each.figures.tti(0.99));
  });
  add("ETI a task, mJ", [](const shown& each) { return milli(each.figures.mean_joules()); });
  const bool all_have_one = std::all_of(found.runs.begin(), found.runs.end(),
                                        [](const shown& each) { return each.figures.tasks_without_joules() == 0; });
  if (!all_have_one) {
    add("  tasks without one, left out",
        [](const shown& each) { return std::to_string(each.figures.tasks_without_joules()); });
  }
  add("  measured on the rails", [](const shown& each) {
    return milli(each.figures.busy_seconds() < shortest_measured_seconds ? std::nullopt
                                                                         : each.figures.mean_measured_joules());
  });
  add("cost a task, mJ", [&](const shown& each) { return milli(cost_of(each.figures, found.eta, found.max_power)); });
  add("share to the cloud", [](const shown& each) { return fmt::format("{:.2f}", each.figures.mean_share()); });
  add("bytes up a task", [](const shown& each) { return fmt::format("{:.0f}", each.figures.mean_bytes_up()); });
  add("degraded tasks", [](const shown& each) { return std::to_string(each.figures.degraded()); });
  add("host overrun a task, ms", [](const shown& each) { return milli(each.figures.mean_overrun()); });
  for (const auto& saver : found.runs) {
    if (saver.scheme != found.reduction_of) continue;
    add(fmt::format("{} saves TTI / ETI / cost, %", saver.scheme), [&](const shown& each) -> std::string {
      if (&each == &saver) return "–";
      const auto saved = found.compare(saver, each);
      return fmt::format("{} / {} / {}", percent(saved.tti), percent(saved.eti), percent(saved.cost));
    });
  }
  return plain_table(rows);
}

// What the energies are, in words: nobody shall take a model's joules for a meter's.
std::string energy_note(const demo_command& command) {
  namespace sim = device::simulated;
  const auto name = sim::simulated_name(command.board);
  if (name.empty()) return {};
  return fmt::format(
      "\nLink shaped to {} Mbit/s each way, round trip {} ms. Cost: DVFO Eq. 4 at η = {}. What V saves\n"
      "against A: 1 − V/A.\n"
      "Board {}: simulated; times of these networks derived, power {}.\n"
      "Extraction and local DNN take its modelled time. ETI is what the power model says of each task by itself; on\n"
      "the rails the ordinary sensor code reads what the modelled board draws while this machine keeps it waiting, "
      "too;\n"
      "of a stream shorter than {} s it says nothing (–).\n"
      "Host overrun is what this machine took longer than the board: left out of TTI and ETI.\n",
      command.mbps, command.rtt_ms, command.eta, command.board,
      sim::to_string(sim::physics::of_board(name).power_origin()), shortest_measured_seconds);
}

/// Why this scheme cannot be shown; empty if it can.
std::string obstacle(const std::string& scheme, const std::string& bundle) {
  const auto rule = inference::appeal_rule_file(bundle);
  const auto entry = policy::find_scheme(scheme);
  const bool needs_rule = entry && entry->sends == policy::moment::on_appeal;
  if (!needs_rule || files::stands(rule)) return {};
  return fmt::format("{} is not there; 'dvfo train discriminator' makes one", rule.string());
}

/// Whether --policy is this scheme's.
bool takes_policy(const std::string& scheme) {
  const auto entry = policy::find_scheme(scheme);
  return entry && entry->learns == policy::learning::before && entry->decides == policy::decision_time::ahead;
}

nlohmann::json to_json(const demo_result& found, const demo_command& command, const demo_set& set,
                       const std::string& bundle) {
  const auto number = [](std::optional<double> value) { return value ? nlohmann::json(*value) : nlohmann::json(); };
  nlohmann::json all = {{"dataset", set.name},
                        {"bundle", bundle},
                        {"board", command.board},
                        {"link", {{"bits_per_second", 1e6 * command.mbps}, {"rtt_seconds", command.rtt_ms / 1e3}}},
                        {"eta", command.eta},
                        {"max_power_watts", number(found.max_power)},
                        {"schemes", nlohmann::json::array()},
                        {"left_out", nlohmann::json::array()}};
  for (const auto& each : found.runs) {
    auto figures = each.figures.to_json();
    figures["scheme"] = each.scheme;
    figures["eti_joules_mean"] = number(each.figures.mean_joules());
    figures["tasks_without_eti"] = each.figures.tasks_without_joules();
    figures["cost_joules_mean"] = number(cost_of(each.figures, found.eta, found.max_power));
    figures["reductions"] = nlohmann::json::object();
    for (const auto& other : found.runs) {
      if (&other == &each) continue;
      const auto saved = found.compare(each, other);
      figures["reductions"][other.scheme] = {
          {"tti", number(saved.tti)}, {"eti", number(saved.eti)}, {"cost", number(saved.cost)}};
    }
    all["schemes"].push_back(std::move(figures));
  }
  for (const auto& each : found.absent) {
    all["left_out"].push_back({{"scheme", each.scheme}, {"reason", each.reason}});
  }
  return all;
}

run_figures show_scheme(const demo_command& command, const std::string& scheme, const launcher::edge_run& run) {
  files::tell(scheme + '\n');
  const auto tasks = static_cast<std::size_t>(command.tasks);
  run_figures figures;
  launcher::run_edge(run, [&](const std::string& line) {
    figures.add(edge_node::read_report(line));
    const auto done = figures.tasks();
    if (stderr_is_terminal() && (done % 10 == 0 || done == tasks)) {
      files::tell(fmt::format("\r  {}{}", progress_bar(static_cast<double>(done) / static_cast<double>(tasks)),
                              done == tasks ? "\n" : ""));
    }
  });
  return figures;
}

/// The scheme whose savings are shown. A name that is given must be one of the schemes.
std::string reduction_of(const demo_command& command) {
  if (command.reduction_of.empty()) return "dvfo";
  const auto schemes = split_names(command.schemes);
  if (std::find(schemes.begin(), schemes.end(), command.reduction_of) != schemes.end()) return command.reduction_of;
  throw usage_error(
      fmt::format("--reduction-of is '{}'; expected one of --schemes {}", command.reduction_of, command.schemes));
}

int run_demo(demo_command& command) {
  command.table.settle();
  const auto set = choose_set(command.data);
  const auto bundle = find_bundle(command.bundle.empty() ? set.name : command.bundle).string();
  demo_result found;
  found.eta = command.eta;
  found.max_power = max_power_of(command.board);
  found.reduction_of = reduction_of(command);
  const auto cloud = launcher::start_cloud({.bundle = bundle});
  const link::relay link(configuration::parse_address(cloud.address, "cloud").port, 1e6 * command.mbps,
                         command.rtt_ms / 2e3);
  files::tell(fmt::format("{} test images of {}; cloud process {} behind {} Mbit/s\n", command.tasks, set.name,
                          cloud.process.id(), command.mbps));
  for (const auto& scheme : split_names(command.schemes)) {
    if (auto why = obstacle(scheme, bundle); !why.empty()) {
      files::tell(fmt::format("{} is left out: {}\n", scheme, why));
      found.absent.push_back({scheme, std::move(why)});
      continue;
    }
    std::vector<std::string> decides = {"--scheme",       scheme,
                                        "--eta",          fmt::format("{}", command.eta),
                                        "--board",        command.board,
                                        "--learn-mbps",   fmt::format("{}", command.mbps),
                                        "--learn-rtt-ms", fmt::format("{}", command.rtt_ms),
                                        "--learn-tasks",  std::to_string(command.learn_tasks)};
    if (takes_policy(scheme) && !command.policy.empty()) decides.insert(decides.end(), {"--policy", command.policy});
    const launcher::edge_run run{bundle, link.address(), set.input, static_cast<std::size_t>(command.tasks), decides};
    found.runs.push_back({scheme, show_scheme(command, scheme, run)});
  }
  if (command.json) {
    files::print(to_json(found, command, set, bundle).dump(2) + '\n');
  } else {
    files::print('\n' + rendered(found) + energy_note(command));
  }
  return exit_success;
}

}  // namespace

void add_demo(CLI::App& app, action& chosen) {
  auto* demo = app.add_subcommand("demo", "see schemes decide live: edge processes, a cloud process, a slow link");
  demo->footer(std::string(details) + "\n" + exit_code_help);
  const auto command = std::make_shared<demo_command>();
  command->table
      .text("data", command->data, "DIR", "folder of CIFAR-100, or of data sets; else the procedural set is shown")
      .text("bundle", command->bundle, "DIR", "model bundle; else the project's own for the data set")
      .text("board", command->board, "BOARD", "board of the edge process; sim:NAME is simulated, see dvfo-edge --help")
      .text("schemes", command->schemes, "NAMES", "with commas between; see dvfo-edge --help")
      .real("mbps", command->mbps, {0.01, 10'000.0}, "MBIT/S", "rate of the link, each way")
      .real("rtt-ms", command->rtt_ms, {0.0, 10'000.0}, "MS", "round trip of the link")
      .real("eta", command->eta, {0.0, 1.0}, "WEIGHT", "of energy against latency in the cost")
      .text("policy", command->policy, "DIR", "policy bundle of dvfo; else the shipped one")
      .text("reduction-of", command->reduction_of, "SCHEME",
            "show what this one saves against each other one; else dvfo")
      .integer("learn-tasks", command->learn_tasks, {0, 10'000'000}, "N",
               "tasks in virtual time from which drldo learns before its first real one")
      .integer("tasks", command->tasks, {1, 1'000'000}, "N", "test images a scheme")
      .flag("json", command->json, "the figures as JSON on standard output");
  command->table.attach(*demo);
  demo->callback([command, &chosen] { chosen = [command] { return run_demo(*command); }; });
}

}  // namespace dvfo::cli
