#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "cli/commands/command.hpp"
#include "cli/commands/scheme_options.hpp"
#include "cli/terminal/report.hpp"
#include "cli/terminal/table.hpp"
#include "configuration/exit_code.hpp"
#include "configuration/settings.hpp"
#include "evaluation/explain.hpp"

namespace dvfo::cli {

using namespace configuration;
namespace {

constexpr const char* details =
    "What every scheme decides in one situation, and what the physics says it comes to once the clocks have settled:\n"
    "  share   how much of the model's features (or of the input) goes to the cloud: 0 edge only, 1 cloud only\n"
    "  sends   what goes: features, the input, or the compressed input (a JPEG)\n"
    "  clocks  CPU, GPU and memory; where a scheme orders none, where they stand\n"
    "  cost    eta * ETI + (1 - eta) * MaxPower * TTI, DVFO Eq. 4\n"
    "  regret  how much more that is than the oracle's, which tried every clock and share\n"
    "Read it from the oracle's row: a scheme whose share differs moves the wrong amount of work, one whose clocks "
    "differ\n"
    "hurries for nothing or waits too long. Try another --eta or --bandwidth and see which schemes follow.\n\n"
    "Examples:\n"
    "  dvfo explain --board jetson-tx2 --network resnet18 --bandwidth 5 --rtt 4\n"
    "  dvfo explain --board jetson-nano --network all --schemes edge-only,cloud-jpeg,oracle --eta 1\n"
    "  dvfo explain --bundle cifar100 --bandwidth 0.5 --previous-gpu 318 --json -\n";

struct explain_command {
  task_choice choice;
  double bandwidth = 5.0;
  double rtt = 4.0;
  double eta = 0.5;
  double previous_cpu = 0.0;  // MHz; 0, here and below: the highest
  double previous_gpu = 0.0;
  double previous_memory = 0.0;
  std::int64_t warm_up = 5000;
  std::int64_t seed = 1;
  std::string json;
  settings_table table;
};

device::clocks previous_of(const explain_command& command) {
  const auto clock = [](double mhz) { return mhz > 0.0 ? std::optional(mhz * 1e6) : std::nullopt; };
  return {clock(command.previous_cpu), clock(command.previous_gpu), clock(command.previous_memory)};
}

std::string in_mega(double hz) { return fmt::format("{:.0f}", hz / 1e6); }

nlohmann::json to_json(const std::string& network, const evaluation::explained_row& row) {
  return {{"network", network},
          {"scheme", row.scheme},
          {"sends", row.sends},
          {"share", row.share},
          {"cpu_hz", row.at.cpu_hz},
          {"gpu_hz", row.at.gpu_hz},
          {"memory_hz", row.at.memory_hz},
          {"tti", row.tti_seconds},
          {"eti", row.eti_joules},
          {"cost", row.cost},
          {"regret", row.regret},
          {"accuracy", row.top1 ? nlohmann::json(*row.top1) : nlohmann::json(nullptr)}};
}

int run_explain(explain_command& command) {
  command.table.settle();
  check_save("json", command.json);
  const auto board = board_of(command.choice);
  const auto tasks = tasks_of(command.choice, board);
  const auto trained = policy_of(command.choice);
  const auto trained_blocking = blocking_policy_of(command.choice);
  auto rows = nlohmann::json::array();
  auto text = fmt::format("simulated {} at {} Mbit/s, round trip {} ms, eta {}, MaxPower {} W\n\n", board.name,
                          command.bandwidth, command.rtt, command.eta, board.max_power_watts);
  for (const auto& task : tasks) {
    const policy::task_physics physics(board.physics, task.model);
    const evaluation::explained_case what = {
        .physics = &physics,
        .link = {.bandwidth_bps = command.bandwidth * 1e6, .rtt_seconds = command.rtt / 1e3},
        .eta = command.eta,
        .max_power_watts = board.max_power_watts,
        .previous = previous_of(command),
        .warm_up = static_cast<std::size_t>(command.warm_up),
        .discriminator = task.discriminator,
        .trained = trained.get(),
        .trained_blocking = trained_blocking.get(),
        .seed = static_cast<std::uint64_t>(command.seed)};
    std::vector<table_row> lines{{"scheme", "share", "sends", "CPU, MHz", "GPU, MHz", "memory, MHz", "TTI, ms",
                                  "ETI, mJ", "cost, mJ", "regret, %"}};
    try {
      for (const auto& row : evaluation::explain_schemes(what, split_names(command.choice.schemes))) {
        lines.push_back({row.scheme, fmt::format("{:.2f}", row.share), row.share > 0.0 ? row.sends : "–",
                         in_mega(row.at.cpu_hz), in_mega(row.at.gpu_hz), in_mega(row.at.memory_hz),
                         fmt::format("{:.2f}", 1e3 * row.tti_seconds), fmt::format("{:.2f}", 1e3 * row.eti_joules),
                         fmt::format("{:.2f}", 1e3 * row.cost), fmt::format("{:.1f}", 1e2 * row.regret)});
        rows.push_back(to_json(task.model.name, row));
      }
    } catch (const std::invalid_argument& problem) {
      throw usage_error(problem.what());
    }
    text += fmt::format("{}: {}\n{}\n", task.model.name, task.origin, plain_table(lines));
  }
  const nlohmann::json json = {{"board", board.name},
                               {"bandwidth_bps", command.bandwidth * 1e6},
                               {"rtt_seconds", command.rtt / 1e3},
                               {"eta", command.eta},
                               {"rows", std::move(rows)}};
  publish(text, json, command.json);
  return exit_success;
}

}  // namespace

void add_explain(CLI::App& app, action& chosen) {
  auto* sub = app.add_subcommand("explain", "what every scheme decides in one situation, and the oracle beside it");
  sub->footer(std::string(details) + "\n" + exit_code_help);
  const auto command = std::make_shared<explain_command>();
  declare(command->table, command->choice);
  constexpr range clocks = {0.0, 10'000.0};
  command->table.real("bandwidth", command->bandwidth, {0.001, 1e5}, "MBIT", "megabits per second towards the cloud")
      .real("rtt", command->rtt, {0.0, 10'000.0}, "MS", "round trip of the link")
      .real("eta", command->eta, {0.0, 1.0}, "WEIGHT", "energy against latency in the cost: 1 counts energy only")
      .real("previous-cpu", command->previous_cpu, clocks, "MHZ", "CPU clock of the task before; 0: as it came to be")
      .real("previous-gpu", command->previous_gpu, clocks, "MHZ", "GPU clock of the task before")
      .real("previous-memory", command->previous_memory, clocks, "MHZ", "memory clock of the task before")
      .integer("warm-up", command->warm_up, {0, 10'000'000}, "N", "tasks that a learner has before it is asked")
      .integer("seed", command->seed, {0, 1'000'000'000}, "N", "start of every random choice")
      .text("json", command->json, "FILE", "the figures as JSON; '-' is standard output");
  command->table.attach(*sub);
  sub->callback([command, &chosen] { chosen = [command] { return run_explain(*command); }; });
}

}  // namespace dvfo::cli
