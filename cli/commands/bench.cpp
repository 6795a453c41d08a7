#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/commands/bench_cases.hpp"
#include "cli/commands/command.hpp"
#include "cli/terminal/table.hpp"
#include "cloud_node/cloud_node.hpp"
#include "configuration/exit_code.hpp"
#include "configuration/paths.hpp"
#include "configuration/settings.hpp"
#include "files/standard_streams.hpp"
#include "inference/model.hpp"

namespace dvfo::cli {

using namespace configuration;
namespace {

constexpr const char* details =
    "Measures the whole system on this machine and compares with the project's bars: what the actors add to a task, "
    "how\n"
    "often they wake a thread for it, what an idle edge node costs, and what batching through actors loses against a "
    "plain\n"
    "loop. Takes about a minute.\n\n"
    "Examples:\n"
    "  dvfo bench\n"
    "  dvfo bench --bundle cifar100 --input /data/cifar100 --json\n";

struct bench_command {
  std::string bundle = "procedural";
  std::string input = "procedural";
  std::int64_t tasks = 2000;
  std::int64_t batch = cloud_node::settings().serving.max_batch;
  std::int64_t rounds = 10;
  double idle_seconds = 10.0;
  bool json = false;
  settings_table table;
};

struct bench_results {
  machine_description machine;
  run_figures in_process;
  run_figures loopback;
  double switches_alone = 0.0;     ///< a task, at share 0 without a cloud,
  double switches_loopback = 0.0;  ///< and on the edge at the share of the other cases over loopback
  double idle_percent = 0.0;
  cloud_throughput cloud;
};

bench_results measure(const bench_command& command, const std::string& bundle) {
  constexpr double share = 0.5;
  const auto tasks = static_cast<std::size_t>(command.tasks);
  const auto say = [](const char* what) { files::tell(fmt::format("measuring {} …\n", what)); };
  bench_results results;
  results.machine = describe_machine();
  say("actor overhead over loopback TCP");
  results.loopback = measure_loopback(bundle, share, command.input, tasks);
  say("voluntary context switches a task");
  results.switches_alone = measure_switches(bundle, 0.0, command.input, tasks);
  results.switches_loopback = measure_switches(bundle, share, command.input, tasks);
  say("an idle edge node");
  results.idle_percent = measure_idle_percent(bundle, command.idle_seconds);
  say("actor overhead with the cloud in-process");
  results.in_process = measure_in_process(bundle, share, command.input, tasks);
  say("the cloud's throughput");
  results.cloud = measure_cloud(bundle, command.input, static_cast<std::size_t>(command.batch),
                                static_cast<int>(results.machine.cores), static_cast<int>(command.rounds));
  return results;
}

std::string verdict(bool met) { return met ? "met" : "**missed**"; }

std::string rendered(const bench_results& results) {
  const auto& machine = results.machine;
  auto text = fmt::format("{}, {} cores, {:.0f} GiB, {}; {}; LibTorch {}\n\n", machine.processor, machine.cores,
                          machine.memory_gib, machine.system, machine.compiler, machine.libtorch);
  std::vector<table_row> rows{{"what", "figure", "bar", ""}};
  const auto overhead = [&](const char* what, const run_figures& figures, double bar_us) {
    rows.push_back({what,
                    fmt::format("{:.0f} µs (p99 {:.0f})", 1e6 * figures.overhead(0.5), 1e6 * figures.overhead(0.99)),
                    fmt::format("≤ {:.0f} µs", bar_us), verdict(1e6 * figures.overhead(0.5) <= bar_us)});
  };
  overhead("actor overhead, cloud in-process, p50", results.in_process, 250.0);
  overhead("actor overhead, loopback TCP, p50", results.loopback, 600.0);
  const auto switches = [&](const char* what, double figure, double bar) {
    rows.push_back({what, fmt::format("{:.1f}", figure), fmt::format("≤ {:.0f}", bar), verdict(figure <= bar)});
  };
  switches("voluntary context switches a task, ξ = 0, no cloud", results.switches_alone, 6.0);
  switches("voluntary context switches a task on the edge, ξ = ½, loopback TCP", results.switches_loopback, 10.0);
  rows.push_back({"idle edge node, of one core", fmt::format("{:.2f} %", results.idle_percent), "< 0.5 %",
                  verdict(results.idle_percent < 0.5)});
  rows.push_back({fmt::format("cloud throughput, batches of {}", results.cloud.batch),
                  fmt::format("{:.0f} of {:.0f} images/s ({:.1f} %)", results.cloud.actors_per_second,
                              results.cloud.bare_per_second, results.cloud.percent),
                  "≥ 90 %", verdict(results.cloud.percent >= 90.0)});
  rows.push_back(
      {"task latency at ξ = ½, cloud in-process",
       fmt::format("{:.2f} ms (p99 {:.2f})", 1e3 * results.in_process.tti(0.5), 1e3 * results.in_process.tti(0.99)), "",
       ""});
  rows.push_back(
      {"task latency at ξ = ½, loopback TCP",
       fmt::format("{:.2f} ms (p99 {:.2f})", 1e3 * results.loopback.tti(0.5), 1e3 * results.loopback.tti(0.99)), "",
       ""});
  return text + markdown_table(rows);
}

nlohmann::json to_json(const bench_results& results) {
  const auto& machine = results.machine;
  return {{"machine",
           {{"processor", machine.processor},
            {"cores", machine.cores},
            {"memory_gib", machine.memory_gib},
            {"system", machine.system},
            {"compiler", machine.compiler},
            {"libtorch", machine.libtorch}}},
          {"in_process", results.in_process.to_json()},
          {"loopback", results.loopback.to_json()},
          {"idle_percent", results.idle_percent},
          {"cloud_throughput",
           {{"batch", results.cloud.batch},
            {"actors_per_second", results.cloud.actors_per_second},
            {"bare_per_second", results.cloud.bare_per_second},
            {"percent", results.cloud.percent}}},
          {"voluntary_switches_a_task", {{"alone", results.switches_alone}, {"loopback", results.switches_loopback}}}};
}

int run_bench(bench_command& command) {
  inference::prepare_for_single_images();
  command.table.settle();
  const auto results = measure(command, find_bundle(command.bundle).string());
  files::print(command.json ? to_json(results).dump(2) + "\n" : rendered(results));
  return exit_success;
}

}  // namespace

void add_bench(CLI::App& app, action& chosen) {
  auto* bench = app.add_subcommand("bench", "measure the whole system on this machine");
  bench->footer(std::string(details) + "\n" + exit_code_help);
  const auto command = std::make_shared<bench_command>();
  command->table.text("bundle", command->bundle, "DIR", "model bundle: a folder, or a name in $DVFO_BUNDLES")
      .text("input", command->input, "PLACE", "'procedural' or a data set's folder")
      .integer("tasks", command->tasks, {10, 1'000'000}, "N", "tasks of each latency case")
      .integer("batch", command->batch, {1, 256}, "N", "batch size of the throughput case")
      .integer("rounds", command->rounds, {1, 1000}, "N", "rounds of the throughput case")
      .real("idle-seconds", command->idle_seconds, {1.0, 3600.0}, "S", "how long the idle node is watched")
      .flag("json", command->json, "the figures as JSON on standard output");
  command->table.attach(*bench);
  bench->callback([command, &chosen] { chosen = [command] { return run_bench(*command); }; });
}

}  // namespace dvfo::cli
