#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>

#include "cli/commands/command.hpp"
#include "cli/commands/scheme_options.hpp"
#include "cli/terminal/report.hpp"
#include "cli/terminal/table.hpp"
#include "configuration/exit_code.hpp"
#include "configuration/settings.hpp"
#include "evaluation/schemes.hpp"
#include "files/error.hpp"
#include "files/folder.hpp"
#include "files/standard_streams.hpp"

namespace dvfo::cli {

using namespace configuration;
namespace {

namespace sim = device::simulated;

constexpr const char* details =
    "Schemes against each other on a simulated board, in virtual time: the same tasks, links and seeds for every one.\n"
    "Times, energies and costs are the physics' (docs/calibration.md), bytes of a bundle those of real frames, "
    "accuracies those\n"
    "that the bundle was measured with. Regret is the mean cost against that of exhaustive search; a reduction is 1 - "
    "V/A.\n"
    "docs/schemes.md says what every scheme is and where it comes from; 'dvfo explain' shows single decisions.\n\n"
    "Examples:\n"
    "  dvfo evaluate schemes --board jetson-tx2 --bundle cifar100 --bandwidth 5 --rtt 4\n"
    "  dvfo evaluate schemes --board jetson-nano --network all --schemes edge-only,cloud-jpeg,oracle\n"
    "  dvfo evaluate schemes --network vit-b16 --traces /data/traces/fcc --eta 1 --json schemes.json\n"
    "  dvfo evaluate schemes --network resnet18 --interval 50 --arrivals bursts --schemes edge-only,nvpmodel,oracle\n";

struct schemes_command {
  task_choice choice;
  std::string traces;
  std::string reduction_of = "oracle";
  std::string arrivals = "steady";
  double bandwidth = 5.0;
  double rtt = 4.0;
  double eta = 0.5;
  double interval = 0.0;
  double thinking = 0.0;
  std::int64_t tasks = 1000;
  std::int64_t warm_up = 5000;
  std::int64_t seed = 1;
  std::string json;
  settings_table table;
};

/// Every trace of the folder. One that cannot be read is told and left out; one that is no trace is an error.
std::vector<link::trace> links_in(const std::string& folder) {
  const auto found = files::list(folder);
  for (const auto& each : found.left_out) files::tell_line(each);
  std::vector<link::trace> links;
  for (const auto& file : found.files) {
    try {
      links.push_back(link::trace::from_file(file));
    } catch (const files::error& problem) {
      files::tell_line(fmt::format("{}; it is left out", problem.what()));
    }
  }
  if (!links.empty()) return links;
  throw usage_error(fmt::format("--traces {}: {}, but no bandwidth trace that can be read; name a folder of them",
                                folder, files::describe(found)));
}

std::vector<link::trace> links_of(const schemes_command& command) {
  if (command.traces.empty()) return {link::trace::constant(command.bandwidth * 1e6)};
  try {
    return links_in(command.traces);
  } catch (const files::error& problem) {
    throw usage_error(fmt::format("--traces {}", problem.what()));
  }
}

policy::arrivals arrivals_of(const schemes_command& command) {
  using kind = policy::arrivals::kind;
  if (command.interval == 0.0) return {.how = kind::on_demand, .mean_seconds = 0.0};
  static const std::map<std::string, kind> kinds = {
      {"steady", kind::steady}, {"poisson", kind::poisson}, {"bursts", kind::bursts}};
  return {.how = kinds.at(command.arrivals), .mean_seconds = command.interval / 1e3};
}

std::string in_milli(double value) { return fmt::format("{:.2f}", 1e3 * value); }
std::string in_percent(double value) { return fmt::format("{:.1f}", 1e2 * value); }

/// One comparison as lines of a table and as JSON.
class report {
 public:
  explicit report(std::string reduction_of) : reduction_of_(std::move(reduction_of)) {}

  void add(const evaluation::compared_task& task, const std::vector<evaluation::scheme_row>& rows) {
    text_ += fmt::format("{}: {}\n", task.model.name, task.origin);
    const auto chosen =
        std::find_if(rows.begin(), rows.end(), [&](const auto& row) { return row.scheme == reduction_of_; });
    const auto* const reduced = chosen == rows.end() ? nullptr : &*chosen;
    std::vector<table_row> lines{{"scheme", "TTI, ms", "p50", "p99", "ETI, mJ", "p50", "p99", "cost, mJ", "p50", "p99",
                                  "regret, %", "share", "top-1, %", "loss"}};
    if (reduced != nullptr) lines.front().insert(lines.front().end(), {"TTI −%", "ETI −%", "cost −%"});
    for (const auto& row : rows) lines.push_back(add(task, row, reduced));
    text_ += plain_table(lines);
    for (const auto& row : rows) {
      if (row.waited_mean < 0.5 * row.tti.mean) continue;
      text_ +=
          fmt::format("{}: a task waits {:.1f} ms on average for those before it; tasks come faster than it answers\n",
                      row.scheme, 1e3 * row.waited_mean);
    }
    text_ += '\n';
  }

  [[nodiscard]] std::string text() const {
    if (!has_reductions_) return text_;
    return text_ +
           fmt::format(
               "TTI, ETI and cost −%: what {} saves against the row's scheme, 1 − V/A; loss: top-1 points below the "
               "unsplit model\n",
               reduction_of_);
  }
  [[nodiscard]] const nlohmann::json& rows() const { return rows_; }

 private:
  table_row add(const evaluation::compared_task& task, const evaluation::scheme_row& row,
                const evaluation::scheme_row* reduced) {
    std::optional<double> loss;
    if (row.accuracy && task.reference_top1) loss = *task.reference_top1 - *row.accuracy;
    table_row line = {row.scheme};
    for (const auto* const each : {&row.tti, &row.eti, &row.cost}) {
      line.insert(line.end(), {in_milli(each->mean), in_milli(each->p50), in_milli(each->p99)});
    }
    line.insert(line.end(),
                {in_percent(row.regret), fmt::format("{:.2f}", row.share_mean),
                 row.accuracy ? fmt::format("{:.2f}", *row.accuracy) : "–", loss ? fmt::format("{:.2f}", *loss) : "–"});
    nlohmann::json json = {{"network", task.model.name},
                           {"scheme", row.scheme},
                           {"tti_mean", row.tti.mean},
                           {"tti_p50", row.tti.p50},
                           {"tti_p99", row.tti.p99},
                           {"eti_mean", row.eti.mean},
                           {"eti_p50", row.eti.p50},
                           {"eti_p99", row.eti.p99},
                           {"cost_mean", row.cost.mean},
                           {"cost_p50", row.cost.p50},
                           {"cost_p99", row.cost.p99},
                           {"accuracy", row.accuracy ? nlohmann::json(*row.accuracy) : nlohmann::json(nullptr)},
                           {"accuracy_loss", loss ? nlohmann::json(*loss) : nlohmann::json(nullptr)},
                           {"regret", row.regret},
                           {"share_mean", row.share_mean},
                           {"waited_mean", row.waited_mean}};
    if (reduced != nullptr) {
      has_reductions_ = true;
      const auto saved = evaluation::reduction_of(*reduced, row);
      line.insert(line.end(), {in_percent(saved.tti), in_percent(saved.eti), in_percent(saved.cost)});
      json["reduction"] = {{"of", reduction_of_}, {"tti", saved.tti}, {"eti", saved.eti}, {"cost", saved.cost}};
    }
    rows_.push_back(std::move(json));
    return line;
  }

  std::string reduction_of_;
  std::string text_;
  nlohmann::json rows_ = nlohmann::json::array();
  bool has_reductions_ = false;
};

int run_schemes(schemes_command& command) {
  command.table.settle();
  check_save("json", command.json);
  const auto board = board_of(command.choice);
  const auto tasks = tasks_of(command.choice, board);
  const auto names = split_names(command.choice.schemes);
  const auto trained = policy_of(command.choice);
  const auto trained_blocking = blocking_policy_of(command.choice);

  evaluation::schemes_case what;
  what.links = links_of(command);
  what.rtt_seconds = command.rtt / 1e3;
  what.eta = command.eta;
  what.max_power_watts = board.max_power_watts;
  what.tasks = static_cast<std::size_t>(command.tasks);
  what.warm_up = static_cast<std::size_t>(command.warm_up);
  what.when = arrivals_of(command);
  what.seed = static_cast<std::uint64_t>(command.seed);
  what.trained = trained.get();
  what.trained_blocking = trained_blocking.get();
  what.thinking_seconds = command.thinking / 1e3;
  report found(command.reduction_of);
  for (const auto& task : tasks) {
    const policy::task_physics physics(board.physics, task.model);
    what.physics = &physics;
    what.discriminator = task.discriminator;
    try {
      found.add(task, evaluation::evaluate_schemes(what, names));
    } catch (const std::invalid_argument& problem) {
      throw usage_error(problem.what());
    }
  }
  const auto link = what.links.size() == 1 ? what.links.front().name() : fmt::format("{} links", what.links.size());
  const auto pace = command.interval == 0.0 ? std::string("each when the one before is answered")
                                            : fmt::format("{} every {} ms", command.arrivals, command.interval);
  const auto head =
      fmt::format("simulated {}: {} tasks, {}, {}, round trip {} ms, eta {}; times derived, power {}\n\n", board.name,
                  command.tasks, pace, link, command.rtt, command.eta, sim::to_string(board.physics.power_origin()));
  const nlohmann::json json = {
      {"board", board.name},    {"eta", command.eta},         {"rtt_seconds", what.rtt_seconds},
      {"link", link},           {"links", what.links.size()}, {"interval_seconds", command.interval / 1e3},
      {"tasks", command.tasks}, {"warm_up", command.warm_up}, {"seed", command.seed},
      {"rows", found.rows()}};
  publish(head + found.text(), json, command.json);
  return exit_success;
}

}  // namespace

void add_evaluate_schemes(CLI::App& evaluate, action& chosen) {
  auto* sub = evaluate.add_subcommand("schemes", "ways to decide against each other on a simulated board");
  sub->footer(std::string(details) + "\n" + exit_code_help);
  const auto command = std::make_shared<schemes_command>();
  declare(command->table, command->choice);
  command->table
      .real("bandwidth", command->bandwidth, {0.001, 1e5}, "MBIT", "megabits per second of a link that never changes")
      .text("traces", command->traces, "DIR", "folder of bandwidth traces (seconds, tab, megabits per second) instead")
      .real("rtt", command->rtt, {0.0, 10'000.0}, "MS", "round trip of the link")
      .real("eta", command->eta, {0.0, 1.0}, "WEIGHT", "energy against latency in the cost: 1 counts energy only")
      .real("interval", command->interval, {0.0, 1e6}, "MS",
            "mean time between two tasks; 0: a task comes when the one before is answered")
      .choice("arrivals", command->arrivals, {"steady", "poisson", "bursts"}, "how tasks come at that interval")
      .real("thinking", command->thinking, {0.0, 1e6}, "MS",
            "how long a blocking scheme (drldo, dvfo-blocking) makes each task wait")
      .integer("tasks", command->tasks, {1, 10'000'000}, "N", "tasks a scheme, divided among the links")
      .integer("warm-up", command->warm_up, {0, 10'000'000}, "N", "tasks that a learner has before it is judged")
      .integer("seed", command->seed, {0, 1'000'000'000}, "N", "start of every random choice")
      .text("reduction-of", command->reduction_of, "SCHEME", "print what this one saves against each of the others")
      .text("json", command->json, "FILE", "the figures as JSON; '-' is standard output");
  command->table.attach(*sub);
  sub->callback([command, &chosen] { chosen = [command] { return run_schemes(*command); }; });
}

}  // namespace dvfo::cli
