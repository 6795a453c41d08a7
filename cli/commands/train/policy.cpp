#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>

#include "cli/commands/build.hpp"
#include "cli/commands/command.hpp"
#include "cli/commands/scheme_options.hpp"
#include "cli/commands/train/from_record.hpp"
#include "cli/commands/train/policy_models.hpp"
#include "cli/terminal/progress.hpp"
#include "cli/terminal/report.hpp"
#include "cli/terminal/table.hpp"
#include "configuration/exit_code.hpp"
#include "configuration/settings.hpp"
#include "evaluation/plots/learning_plot.hpp"
#include "files/output.hpp"
#include "files/standard_streams.hpp"
#include "inference/architectures/architecture.hpp"
#include "policy/agent/policy_bundle.hpp"
#include "policy/training/policy_trainer.hpp"

namespace dvfo::cli {

using namespace configuration;
namespace {

constexpr const char* details =
    "Trains the concurrent DQN agent (DVFO Algorithm 1) in worlds of virtual time: simulated boards, networks at "
    "their\n"
    "published size or model bundles, links from 0.2 to 100 Mbit/s, any eta. Writes a policy bundle: manifest.toml,\n"
    "weights.bin, the learning curve as curve.csv and curve.svg. Every measurement of regret leaves a checkpoint: the\n"
    "same command after a kill goes on where it was. The same options give the same policy on the same processor.\n\n"
    "Regret is the mean cost against that of exhaustive search, over boards, networks, eta 0 to 1, 0.5 to 50 Mbit/s\n"
    "and round trips of 4 and 30 ms, on links that stand still (the training's wander).\n\n"
    "Examples:\n"
    "  dvfo train policy --output bundles/policy\n"
    "  dvfo train policy --output mine --boards jetson-tx2 --networks resnet18,vit-b16 --tasks 400000\n"
    "  dvfo train policy --output mine --bundles cifar100 --config agent.toml\n"
    "  dvfo train policy --output mine --from-record tasks.record\n";

/// Importances differ more between networks than between images of one.
constexpr std::size_t importance_images = 512;

struct train_policy_command {
  policy::trainer_options options;
  std::string output;
  std::string boards = fmt::format("{}", fmt::join(options.boards, ","));
  std::string networks = fmt::format("{}", fmt::join(inference::architecture_names(), ","));
  std::string bundles;
  std::string importance;
  std::string data;
  std::string form = policy::to_string(options.learner.form);
  std::string how = "concurrent";
  record_request record;
  double stop_mean = 0.0;
  double stop_worst = 0.0;
  settings_table table;
};

void declare(train_policy_command& command) {
  auto& options = command.options;
  auto& agent = options.learner;
  auto& worlds = options.environment;
  command.table.text("output", command.output, "DIR", "folder of the policy bundle (required)")
      .text("boards", command.boards, "NAMES", "simulated boards, with commas between")
      .text("networks", command.networks, "NAMES",
            "networks at their published size, with commas between; may be empty")
      .text("bundles", command.bundles, "NAMES", "model bundles besides, by folder or name")
      .text("importance", command.importance, "BUNDLE",
            "a model bundle whose attention on real images gives the worlds' importances; else they are made up")
      .text("data", command.data, "DIR",
            "folder of that bundle's data set, or of data sets; else the procedural images")
      .integer("tasks", options.tasks, {1, 1e12}, "N", "tasks to train on, all worlds together")
      .real("tasks-a-step", options.tasks_a_step, {0.01, 1e6}, "N", "tasks for each gradient step")
      .integer("first-tasks", options.first_tasks, {0, 1e9}, "N", "tasks before the first gradient step")
      .integer("judge-every", options.judge_every, {1, 1e9}, "N", "gradient steps between measurements of regret")
      .real("hard-share", options.hard_share, {0.0, 1.0}, "SHARE",
            "of episodes that begin where the last measurement found regret")
      .real("stop-mean", command.stop_mean, {0.0, 100.0}, "PERCENT", "ends early below this mean regret")
      .real("stop-worst", command.stop_worst, {0.0, 1000.0}, "PERCENT", "and this regret of the worst cell; 0: never")
      .integer("levels", options.clock_levels, {2, 100}, "N", "levels of each clock; the paper has 10, up to 100")
      .choice("outputs", command.form, {"branches", "conditional", "flat"},
              "a branch a knob; clocks' branches for each share; or all combinations")
      .choice("thinking", command.how, {"concurrent", "blocking"}, "while the world moves, or each task waits")
      .real("learning-rate", agent.learning_rate, {1e-9, 1.0}, "RATE", "of Adam; the paper has 1e-4")
      .real("learning-rate-end", agent.learning_rate_end, {1e-9, 1.0}, "RATE", "of Adam at the end")
      .real("gamma", agent.gamma, {0.0, 0.9999}, "WEIGHT", "of what follows a task")
      .integer("minibatch", agent.minibatch, {1, 65'536}, "N", "transitions a gradient step")
      .integer("replay", agent.replay.capacity, {1'000, 100'000'000}, "N",
               "transitions remembered; half a kilobyte each")
      .real("replay-alpha", agent.replay.alpha, {0.0, 1.0}, "POWER", "of the TD error in the priority")
      .real("replay-beta", agent.replay.beta, {0.0, 1.0}, "POWER",
            "of the importance weights at the start; 1 at the end")
      .integer("target-period", agent.target_period, {1, 1e9}, "N", "gradient steps between target networks")
      .flag("double-dqn", agent.double_dqn, "the online network chooses what the target network values")
      .real("explore-start", agent.explore_start, {0.0, 1.0}, "SHARE", "of knobs drawn at random at the start")
      .real("explore-end", agent.explore_end, {0.0, 1.0}, "SHARE", "and at the end")
      .real("explore-share", agent.explore_share, {0.0, 1.0}, "SHARE", "of the training until that")
      .real("explore-near", agent.explore_near, {0.0, 1.0}, "SHARE", "of random levels that are neighbours")
      .real("huber-width", agent.huber_width, {1e-6, 1e6}, "WIDTH", "TD error up to which the loss is a parabola")
      .real("gradient-norm", agent.gradient_norm, {1e-6, 1e9}, "LENGTH", "at which gradients are cut off")
      .integer("worlds", worlds.worlds, {1, 4096}, "N", "worlds that step together")
      .real("think-low", worlds.think_low_seconds, {1e-6, 10.0}, "SECONDS", "shortest thinking, orders included")
      .real("think-high", worlds.think_high_seconds, {1e-6, 10.0}, "SECONDS", "longest")
      .real("markov-share", worlds.markov_share, {0.0, 1.0}, "SHARE", "of links that wander")
      .text("from-record", command.record.record, "FILE",
            "goes on with --from-policy on the tasks that dvfo-edge --record wrote, instead of training anew")
      .text("from-policy", command.record.policy, "DIR",
            "of --from-record: policy bundle; else the shipped one for its board and model")
      .integer("record-steps", command.record.options.steps, {1, 1e9}, "N", "of --from-record: gradient steps")
      .real("record-learning-rate", command.record.options.learning_rate, {1e-9, 1.0}, "RATE", "of --from-record")
      .integer("seed", agent.seed, {0, 1e18}, "N", "start of every random choice");
}

policy::trainer_options options_of(const train_policy_command& command) {
  auto options = command.options;
  options.boards = split_names(command.boards);
  options.models = policy::published_models(split_names(command.networks));
  for (const auto& bundle : split_names(command.bundles)) options.models.push_back(find_model_bundle(bundle));
  if (!command.importance.empty()) {
    options.environment.importances = find_importances(command.importance, command.data, importance_images);
  }
  options.learner.form = policy::output_form_of(command.form);
  options.environment.how = command.how == "blocking" ? policy::thinking::blocking : policy::thinking::concurrent;
  options.stop_mean_regret = command.stop_mean / 1e2;
  options.stop_worst_regret = command.stop_worst / 1e2;
  return options;
}

/// The bar, drawn over on a terminal; a line for each measurement in any case.
class progress_lines {
 public:
  void operator()(double share, const policy::learning_point* newest) {
    if (first_share_ < 0.0) first_share_ = share;
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begun_;
    const double done = share - first_share_;
    const auto left = done > 0.0 ? clock_text(passed.count() * (1.0 - share) / done) : "?";
    if (newest != nullptr) {
      last_ = fmt::format("regret {:.2f} %, worst {:.1f} %", 1e2 * newest->mean_regret, 1e2 * newest->worst_regret);
    }
    const auto line = fmt::format("{}  {}  {} left", progress_bar(share), last_, left);
    if (stderr_is_terminal()) {
      files::tell(fmt::format("\r{:<90}{}", line, newest != nullptr ? "\n" : ""));
    } else if (newest != nullptr) {
      files::tell(line + '\n');
    }
  }

 private:
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  double first_share_ = -1.0;
  std::string last_ = "regret not measured yet";
};

/// Mean and worst regret of every board and network.
std::string rendered(const policy::regret_report& found) {
  struct sum {
    double mean = 0.0, worst = 0.0;
    int cells = 0;
  };
  std::vector<std::pair<std::string, sum>> sums;
  for (const auto& cell : found.cells) {
    const auto name = fmt::format("{}, {}", cell.scenario->board, cell.scenario->network);
    if (sums.empty() || sums.back().first != name) sums.push_back({name, {}});
    auto& at = sums.back().second;
    at.mean += cell.regret();
    at.worst = std::max(at.worst, cell.regret());
    ++at.cells;
  }
  std::vector<table_row> rows{{"board, network", "regret, %", "worst, %"}};
  for (const auto& [name, at] : sums) {
    rows.push_back({name, fmt::format("{:.2f}", 1e2 * at.mean / at.cells), fmt::format("{:.1f}", 1e2 * at.worst)});
  }
  rows.push_back({"all", fmt::format("{:.2f}", 1e2 * found.mean), fmt::format("{:.1f}", 1e2 * found.worst)});
  return plain_table(rows);
}

constexpr files::kind curve_table{"a learning curve of 'dvfo train policy'",
                                  [](std::string_view head) { return head.starts_with("tasks,gradient_steps,"); }};

/// Before hours of training and not after: will everything find its place?
void check_places(const std::filesystem::path& folder) {
  policy::check_place(folder);
  files::check_output(folder / "curve.csv", curve_table);
  files::check_output(folder / "curve.svg", plot_file);
}

policy::policy_bundle bundle_of(const policy::policy_trainer& trainer, const policy::regret_report& found,
                                const std::string& name, std::int64_t tasks) {
  const auto& options = trainer.options();
  policy::policy_bundle out;
  out.name = name;
  out.how = options.environment.how;
  out.sizes = trainer.agent().actions().sizes();
  out.form = trainer.agent().actions().form();
  for (const auto& each : trainer.scenarios().all()) {
    const auto add = [](std::vector<std::string>& names, const std::string& one) {
      if (std::find(names.begin(), names.end(), one) == names.end()) names.push_back(one);
    };
    add(out.boards, each.board);
    add(out.networks, each.network);
  }
  const auto& worlds = options.environment;
  out.recipe = fmt::format(
      "simulated boards in virtual time; links {:g} to {:g} Mbit/s, {:g} % of them wandering; round trips {:g} to {:g} "
      "ms; eta 0 to 1; gamma {:g}; importances {}; regret in steady state on links that stand still",
      worlds.bandwidth_low_bps / 1e6, worlds.bandwidth_high_bps / 1e6, 1e2 * worlds.markov_share,
      1e3 * worlds.rtt_low_seconds, 1e3 * worlds.rtt_high_seconds, options.learner.gamma,
      worlds.importances.empty() ? "made up" : fmt::format("of {} images", worlds.importances.size()));
  out.seed = options.learner.seed;
  out.tasks = tasks;
  out.steps = trainer.agent().steps();
  out.mean_regret = found.mean;
  out.worst_regret = found.worst;
  out.network = trainer.agent().folded();
  return out;
}

int run_train_policy(train_policy_command& command) {
  command.table.settle();
  if (command.output.empty()) throw usage_error("--output is missing: name the folder that the policy is written to");
  if (!command.record.record.empty()) {
    command.record.output = command.output;
    command.record.bundles = split_names(command.bundles);
    if constexpr (has_nodes) return continue_policy(command.record);
    throw usage_error(fmt::format("--from-record {}: this build has no Protobuf to read it; build with -DDVFO_NODES=ON",
                                  command.record.record));
  }
  if (!command.record.policy.empty()) throw usage_error("--from-policy belongs to --from-record; name a record, too");
  const std::filesystem::path folder(command.output);
  check_places(folder);
  const auto checkpoint = folder / "checkpoint.bin";
  std::unique_ptr<policy::policy_trainer> trainer;
  try {
    trainer = std::make_unique<policy::policy_trainer>(options_of(command));
  } catch (const std::invalid_argument& problem) {
    throw usage_error(problem.what());
  }
  const auto begun = std::chrono::steady_clock::now();
  progress_lines lines;
  const auto curve = trainer->run([&](double share, const auto* newest) { lines(share, newest); }, checkpoint);
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begun;
  const auto found = trainer->judge();
  policy::save(bundle_of(*trainer, found, folder.filename().string(), trainer->tasks()), folder);
  files::write_whole(folder / "curve.csv", evaluation::curve_csv(curve), curve_table);
  files::write_whole(folder / "curve.svg",
                     evaluation::curve_svg(curve, fmt::format("policy \"{}\"", folder.filename().string())), plot_file);
  policy::remove_checkpoint(checkpoint);
  const auto between = trainer->judge_between();
  if (between) {
    files::print(fmt::format("between those conditions: mean regret {:.2f} %, worst {:.1f} %\n", 1e2 * between->mean,
                             1e2 * between->worst));
  }
  files::print(fmt::format("{}wrote {} after {} tasks and {} gradient steps in {}\n", rendered(found), command.output,
                           trainer->tasks(), trainer->agent().steps(), clock_text(passed.count())));
  return exit_success;
}

}  // namespace

void add_train_policy(CLI::App& train, action& chosen) {
  auto* sub = train.add_subcommand("policy", "train a policy bundle in virtual time");
  sub->footer(std::string(details) + "\n" + exit_code_help);
  const auto command = std::make_shared<train_policy_command>();
  declare(*command);
  command->table.attach(*sub);
  sub->callback([command, &chosen] { chosen = [command] { return run_train_policy(*command); }; });
}

}  // namespace dvfo::cli
