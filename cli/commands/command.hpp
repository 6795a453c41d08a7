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

/// Each adds its subcommand to `app` and, when the user chose it, sets `chosen`, which must outlive the parse.
void add_infer(CLI::App& app, action& chosen);
void add_demo(CLI::App& app, action& chosen);
void add_bench(CLI::App& app, action& chosen);
void add_train(CLI::App& app, action& chosen);
void add_evaluate(CLI::App& app, action& chosen);
void add_explain(CLI::App& app, action& chosen);
void add_data(CLI::App& app, action& chosen);
void add_calibrate(CLI::App& app, action& chosen);
void add_describe(CLI::App& app, action& chosen);
void add_doctor(CLI::App& app, action& chosen);
void add_top(CLI::App& app, action& chosen);

/// `dvfo train policy`, below `train`.
void add_train_policy(CLI::App& train, action& chosen);

/// `dvfo train discriminator`, likewise.
void add_train_discriminator(CLI::App& train, action& chosen);

/// `dvfo evaluate calibration`, below `evaluate`.
void add_evaluate_calibration(CLI::App& evaluate, action& chosen);

/// `dvfo evaluate rate` and `dvfo evaluate skew`, below `evaluate`.
void add_evaluate_rate(CLI::App& evaluate, action& chosen);
void add_evaluate_skew(CLI::App& evaluate, action& chosen);

/// `dvfo evaluate schemes`, below `evaluate`.
void add_evaluate_schemes(CLI::App& evaluate, action& chosen);

/// `dvfo evaluate weights`, below `evaluate`.
void add_evaluate_weights(CLI::App& evaluate, action& chosen);

/// Adds the subcommands of this build: with -DDVFO_NODES=OFF those that need no actors (commands_offline.cpp), else all
/// (commands_all.cpp).
void add_commands(CLI::App& app, action& chosen);

}  // namespace dvfo::cli
