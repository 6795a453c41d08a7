#include "cli/commands/train/from_record.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

#include "cli/commands/train/policy_models.hpp"
#include "cli/terminal/table.hpp"
#include "configuration/exit_code.hpp"
#include "configuration/paths.hpp"
#include "configuration/settings.hpp"
#include "inference/architectures/architecture.hpp"
#include "messages/experience.hpp"
#include "policy/agent/policy_bundle.hpp"
#include "policy/agent/q_inference.hpp"
#include "policy/training/regret.hpp"

namespace dvfo::cli {

using namespace configuration;
namespace {

device::clocks to_clocks(const messages::experience_clocks& hz) { return {hz[0], hz[1], hz[2]}; }

policy::lived_task to_lived(const messages::experience& from) {
  policy::lived_task out;
  out.seen.eta = from.eta;
  out.seen.lambda = from.lambda;
  out.seen.importance = from.importance;
  out.seen.bandwidth_bps = from.bandwidth_bps;
  out.seen.rtt_seconds = from.rtt_seconds;
  out.seen.link_up = from.link_up;
  out.seen.previous.clocks = to_clocks(from.previous_clocks);
  out.seen.previous.share = from.previous_share;
  out.seen.in_force = to_clocks(from.in_force);
  out.seen.celsius = from.celsius;
  out.seen.waiting_tasks = from.waiting_tasks;
  out.seen.thinking_share = from.thinking_share;
  out.made = {to_clocks(from.clocks), from.share, static_cast<policy::carrier>(from.sends)};
  out.tti_seconds = from.tti_seconds;
  out.joules = from.joules;
  out.degraded = static_cast<policy::degraded_reason>(from.degraded);
  return out;
}

struct recorded {
  messages::experience_header header;
  std::vector<policy::lived_task> tasks;
};

/// One file, in the order of its tasks' numbers, which is that of their decisions.
recorded read_record(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw usage_error(fmt::format("--from-record {}: the file cannot be read", file.string()));
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  recorded out;
  try {
    messages::experience_reader reader(bytes);
    out.header = reader.header();
    std::vector<messages::experience> tasks;
    while (auto task = reader.next()) tasks.push_back(std::move(*task));
    std::stable_sort(tasks.begin(), tasks.end(), [](const auto& a, const auto& b) { return a.task_id < b.task_id; });
    std::transform(tasks.begin(), tasks.end(), std::back_inserter(out.tasks), to_lived);
    if (reader.is_cut_off()) {
      fmt::print(stderr, "{}: the last task is cut off, as a kill leaves it; {} before it are whole\n", file.string(),
                 tasks.size());
    }
  } catch (const std::runtime_error& problem) {
    throw usage_error(fmt::format("--from-record {}: {}", file.string(), problem.what()));
  }
  return out;
}

/// The file and, before it, the older one beside it, if that is of the same board and network.
recorded read_all(const std::string& file) {
  auto newest = read_record(file);
  const std::filesystem::path older = file + ".1";
  if (!std::filesystem::exists(older)) return newest;
  auto all = read_record(older);
  if (all.header != newest.header) {
    fmt::print(stderr, "{} is left out: it is of {} on {}, decided by {}\n", older.string(), all.header.network,
               all.header.board, all.header.scheme);
    return newest;
  }
  all.tasks.insert(all.tasks.end(), newest.tasks.begin(), newest.tasks.end());
  return all;
}

policy::named_model find_model(const record_request& what, const std::string& name) {
  const auto published = inference::architecture_names();
  if (std::find(published.begin(), published.end(), name) != published.end()) {
    return policy::published_models({name}).front();
  }
  const auto places = what.bundles.empty() ? std::vector<std::string>{"cifar100", "procedural"} : what.bundles;
  for (const auto& place : places) {
    if (auto model = find_model_bundle(place); model.name == name) return model;
  }
  throw usage_error(fmt::format(
      "--from-record {}: it is of model bundle \"{}\"; name that bundle's folder by --bundles", what.record, name));
}

/// Regret of the policy in virtual time, on this board and model.
policy::regret_report judge(const policy::policy_bundle& policy, const policy::scenario_set& scenarios) {
  policy::q_inference network(policy.network, policy::action_space(policy.sizes, policy.form));
  std::vector<float> seen(static_cast<std::size_t>(policy::observer::size()));
  return policy::regret_grid(scenarios.all(), {})
      .judge([&](const policy::training_scenario& which, const policy::situation& now) {
        which.sees->write(now, seen);
        return which.grid->to_decision(network.best(seen, which.grid->mask()));
      });
}

}  // namespace

int continue_policy(const record_request& what) {
  const auto record = read_all(what.record);
  auto policy = what.policy.empty()
                    ? policy::load_policy_for(bundles_folder(), record.header.board, record.header.network)
                    : policy::load_policy(find_bundle(what.policy));
  if (record.header.board.empty()) {
    throw usage_error(
        fmt::format("--from-record {}: its node had no board, so there is no cost to learn from", what.record));
  }
  try {
    const policy::scenario_set scenarios({record.header.board}, {find_model(what, record.header.network)},
                                         policy.sizes);
    const auto before = judge(policy, scenarios);
    const auto report = policy::learn_from_record(policy, scenarios.all().front(), record.tasks, what.options);
    const auto after = judge(policy, scenarios);
    policy.name = std::filesystem::path(what.output).filename().string();
    policy.recipe += fmt::format("; regret above as measured before going on with {} recorded tasks of {} on {}",
                                 report.used, record.header.network, record.header.board);
    policy::save(policy, what.output);
    fmt::print("{}", plain_table({{"", "before", "after"},
                                  {"mean |TD error|", fmt::format("{:.3f}", report.td_error_before),
                                   fmt::format("{:.3f}", report.td_error_after)},
                                  {"regret in virtual time, %", fmt::format("{:.2f}", 1e2 * before.mean),
                                   fmt::format("{:.2f}", 1e2 * after.mean)},
                                  {"worst cell, %", fmt::format("{:.1f}", 1e2 * before.worst),
                                   fmt::format("{:.1f}", 1e2 * after.worst)}}));
    fmt::print("wrote {} after {} recorded tasks ({} passed over) and {} gradient steps\n", what.output, report.used,
               report.passed_over, what.options.steps);
  } catch (const std::invalid_argument& problem) {
    throw usage_error(fmt::format("--from-record {}: {}", what.record, problem.what()));
  }
  return exit_success;
}

}  // namespace dvfo::cli
