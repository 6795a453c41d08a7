#include "cli/commands/evaluate/evaluation_command.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "cli/terminal/report.hpp"
#include "configuration/exit_code.hpp"
#include "configuration/paths.hpp"
#include "inference/model.hpp"

namespace dvfo::cli {

using namespace configuration;

opened_evaluation open_evaluation(evaluation_command& command) {
  command.table.settle();
  check_save("json", command.json);
  check_save("csv", command.csv);
  check_save("svg", command.svg);
  inference::prepare_for_single_images();
  inference::set_intra_op_threads(static_cast<int>(command.threads));
  auto bundle = inference::model_bundle::load(find_bundle(command.bundle));
  const auto& dataset = bundle.manifest().dataset;
  if (command.data.empty() && dataset != "procedural") {
    throw usage_error(
        fmt::format("--data is missing: name the folder of {}, or set DVFO_DATA to the folder that holds it ('dvfo "
                    "data get' fetches what can be fetched)",
                    dataset));
  }
  // A bundle for the procedural set needs no folder, whatever DVFO_DATA says.
  const auto where = dataset == "procedural" ? dataset : find_data(command.data, dataset);
  return {std::move(bundle), inference::open_dataset(where, inference::subset::test)};
}

namespace {

void add(CLI::App& evaluate, const evaluation_texts& texts, const std::shared_ptr<evaluation_command>& command,
         int (*run)(evaluation_command&), action& chosen) {
  auto* sub = evaluate.add_subcommand(texts.name, texts.what);
  sub->footer(std::string(texts.details) + "\n" + exit_code_help);
  command->table.text("bundle", command->bundle, "DIR", "model bundle: a folder, or a name in $DVFO_BUNDLES")
      .text("data", command->data, "DIR", "folder of the bundle's data set, or of data sets")
      .text("json", command->json, "FILE", "the figures as JSON; '-' is standard output")
      .integer("threads", command->threads, {1, 256}, "N", "LibTorch threads inside one operator");
  command->table.attach(*sub);
  sub->callback([command, run, &chosen] { chosen = [command, run] { return run(*command); }; });
}

}  // namespace

void add_evaluation(CLI::App& evaluate, const evaluation_texts& texts, int (*run)(evaluation_command&),
                    action& chosen) {
  add(evaluate, texts, std::make_shared<evaluation_command>(), run, chosen);
}

void add_drawn_evaluation(CLI::App& evaluate, const evaluation_texts& texts, std::int64_t images,
                          int (*run)(evaluation_command&), action& chosen) {
  const auto command = std::make_shared<evaluation_command>();
  command->images = images;
  command->table
      .integer("images", command->images, {0, 10'000'000}, "N", "test images, drawn at random, always the same; 0: all")
      .text("csv", command->csv, "FILE", "the figures as CSV")
      .text("svg", command->svg, "FILE", "a drawing of them");
  add(evaluate, texts, command, run, chosen);
}

}  // namespace dvfo::cli
