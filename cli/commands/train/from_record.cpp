#include "cli/commands/train/from_record.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "cli/commands/train/policy_models.hpp"
#include "cli/terminal/table.hpp"
#include "configuration/exit_code.hpp"
#include "configuration/paths.hpp"
#include "configuration/settings.hpp"
#include "files/standard_streams.hpp"
#include "inference/architectures/architecture.hpp"
#include "policy/agent/policy_bundle.hpp"
#include "policy/agent/q_inference.hpp"
#include "policy/experience/experience_file.hpp"
#include "policy/training/regret.hpp"

namespace dvfo::cli {

using namespace configuration;
namespace {

/// The file and the older one beside it, if that is of the same board and network.
policy::stored_experience read_all(const std::string& file) {
  try {
    return policy::read_experience(file, files::tell_line);
  } catch (const std::runtime_error& problem) {
    throw usage_error(fmt::format("--from-record {}", problem.what()));
  }
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
  policy::check_place(what.output);
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
    files::print(plain_table(
        {{"", "before", "after"},
         {"mean |TD error|", fmt::format("{:.3f}", report.td_error_before),
          fmt::format("{:.3f}", report.td_error_after)},
         {"regret in virtual time, %", fmt::format("{:.2f}", 1e2 * before.mean),
          fmt::format("{:.2f}", 1e2 * after.mean)},
         {"worst cell, %", fmt::format("{:.1f}", 1e2 * before.worst), fmt::format("{:.1f}", 1e2 * after.worst)}}));
    files::print(fmt::format("wrote {} after {} recorded tasks ({} passed over) and {} gradient steps\n", what.output,
                             report.used, report.passed_over, what.options.steps));
  } catch (const std::invalid_argument& problem) {
    throw usage_error(fmt::format("--from-record {}: {}", what.record, problem.what()));
  }
  return exit_success;
}

}  // namespace dvfo::cli
