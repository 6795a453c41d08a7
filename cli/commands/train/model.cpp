#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/commands/command.hpp"
#include "cli/commands/train/model_settings.hpp"
#include "cli/terminal/progress.hpp"
#include "cli/terminal/table.hpp"
#include "configuration/exit_code.hpp"
#include "configuration/settings.hpp"
#include "files/standard_streams.hpp"
#include "inference/training/trainer.hpp"

namespace dvfo::cli {

using namespace configuration;
namespace {

constexpr const char* details =
    "Trains extractor, attention, local and remote network together over random shares, then measures the result on "
    "the\n"
    "test images and writes it all as a model bundle. Every epoch leaves a checkpoint: the same command after a kill "
    "goes\n"
    "on where it was. The same seed and thread count give the same bundle.\n\n"
    "Examples:\n"
    "  dvfo train model --data procedural --output bundles/mine\n"
    "  dvfo train model --config recipes/imagenette-mobilenet-v2.toml --output bundles/mine\n"
    "  dvfo train model --data /data/cifar100 --output bundles/cifar --base-width 48 --device cuda\n";

struct train_command {
  model_request request;
  settings_table table;
};

// One line, drawn over on a terminal; elsewhere a line an epoch, so that a log stays readable.
void show(const inference::training_progress& now) {
  const auto fraction = now.batches == 0 ? 0.0 : static_cast<double>(now.batch) / static_cast<double>(now.batches);
  const auto line =
      fmt::format("{} {}/{} {}  loss {:.3f}  accuracy {:5.2f} %  {} left", now.phase, now.epoch, now.epochs,
                  progress_bar(fraction), now.loss, now.accuracy, clock_text(now.remaining_seconds));
  const bool epoch_ends = now.batch == now.batches;
  if (stderr_is_terminal()) {
    files::tell(fmt::format("\r{:<110}{}", line, epoch_ends ? "\n" : ""));
  } else if (epoch_ends) {
    files::tell(line + '\n');
  }
}

std::string rendered(const inference::bundle_manifest& manifest) {
  std::vector<table_row> rows{{"share", "λ", "top-1, %", "loss, points"}};
  for (const auto& each : manifest.figures) {
    rows.push_back({fmt::format("{:.2f}", each.share), fmt::format("{:.2f}", each.lambda),
                    fmt::format("{:.2f}", each.top1), fmt::format("{:.2f}", manifest.reference_top1 - each.top1)});
  }
  const auto given =
      manifest.given_top1 ? fmt::format(", published network unsplit {:.2f} %", *manifest.given_top1) : std::string();
  return fmt::format("{}: unsplit float reference {:.2f} %{}\n{}", manifest.name, manifest.reference_top1, given,
                     plain_table(rows));
}

int run_train(train_command& command) {
  command.table.settle();
  if (command.request.options.output.empty()) {
    throw usage_error("--output is missing: name the folder that the bundle is written to");
  }
  try {
    auto options = inference::completed(found(command.request));
    const auto train = inference::open_dataset(options.data, inference::subset::train);
    const auto test = inference::open_dataset(options.data, inference::subset::test);
    options = inference::fitted(std::move(options), *train);
    options.recipe = recipe_of(options);
    files::tell(start_text(inference::plan_training(options, *train, *test), options));
    const auto bundle = inference::train_model(options, *train, *test, show);
    files::print(fmt::format("{}wrote {}\n", rendered(bundle.manifest()), options.output.string()));
  } catch (const inference::option_error& problem) {
    throw usage_error(in_flags(problem));
  }
  return exit_success;
}

}  // namespace

void add_train_model(CLI::App& train, action& chosen) {
  auto* model = train.add_subcommand("model", "train a model bundle");
  model->footer(std::string(details) + "\n" + exit_code_help);
  const auto command = std::make_shared<train_command>();
  declare(command->table, command->request);
  command->table.attach(*model);
  model->callback([command, &chosen] { chosen = [command] { return run_train(*command); }; });
}

}  // namespace dvfo::cli
