#pragma once

#include <functional>

namespace CLI {  // NOLINT(readability-identifier-naming): their name
class App;
}

/// The subcommands of `dvfo`, one file each, in folders as they are typed.
namespace dvfo::cli {

/// What the chosen subcommand does once the whole command line has been parsed; returns the exit code, throws for
/// run_guarded.
using action = std::function<int()>;

/// Each adds its subcommand to `app` or, where that is a group's, to the group, and sets `chosen`, which must outlive
/// the parse, when the user chose it. command_tree.cpp says where each stands.
void add_infer(CLI::App& app, action& chosen);
void add_demo(CLI::App& app, action& chosen);
void add_bench(CLI::App& app, action& chosen);
void add_explain(CLI::App& app, action& chosen);
void add_calibrate(CLI::App& app, action& chosen);
void add_describe(CLI::App& app, action& chosen);
void add_doctor(CLI::App& app, action& chosen);
void add_top(CLI::App& app, action& chosen);
void add_train_model(CLI::App& train, action& chosen);
void add_train_policy(CLI::App& train, action& chosen);
void add_train_discriminator(CLI::App& train, action& chosen);
void add_evaluate_accuracy(CLI::App& evaluate, action& chosen);
void add_evaluate_rate(CLI::App& evaluate, action& chosen);
void add_evaluate_skew(CLI::App& evaluate, action& chosen);
void add_evaluate_fusion(CLI::App& evaluate, action& chosen);
void add_evaluate_calibration(CLI::App& evaluate, action& chosen);
void add_evaluate_schemes(CLI::App& evaluate, action& chosen);
void add_evaluate_weights(CLI::App& evaluate, action& chosen);
void add_data_get(CLI::App& data, action& chosen);

/// Adds the whole tree: every subcommand that this build has.
void add_commands(CLI::App& app, action& chosen);

}  // namespace dvfo::cli
