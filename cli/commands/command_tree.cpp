#include <CLI/CLI.hpp>

#include "cli/commands/build.hpp"
#include "cli/commands/command.hpp"

namespace dvfo::cli {
namespace {

CLI::App& add_group(CLI::App& app, const char* name, const char* what) {
  auto* group = app.add_subcommand(name, what);
  group->require_subcommand(1);
  return *group;
}

void add_train(CLI::App& app, action& chosen) {
  auto& train = add_group(app, "train", "train models and policies");
  for (const auto add : {add_train_model, add_train_policy, add_train_discriminator}) add(train, chosen);
}

void add_evaluate(CLI::App& app, action& chosen) {
  auto& evaluate =
      add_group(app, "evaluate", "measure a bundle on its test images, or the physics of a simulated board");
  for (const auto add : {add_evaluate_accuracy, add_evaluate_rate, add_evaluate_skew, add_evaluate_fusion,
                         add_evaluate_calibration, add_evaluate_schemes, add_evaluate_weights}) {
    add(evaluate, chosen);
  }
}

void add_data(CLI::App& app, action& chosen) { add_data_get(add_group(app, "data", "fetch data sets"), chosen); }

}  // namespace

// The table of commands, in the order in which --help lists them.
void add_commands(CLI::App& app, action& chosen) {
  if constexpr (has_nodes) {
    for (const auto add : {add_infer, add_demo}) add(app, chosen);
  }
  for (const auto add :
       {add_train, add_evaluate, add_explain, add_data, add_calibrate, add_describe, add_doctor, add_top}) {
    add(app, chosen);
  }
  if constexpr (has_nodes) add_bench(app, chosen);
}

}  // namespace dvfo::cli
