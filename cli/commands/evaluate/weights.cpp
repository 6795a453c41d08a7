#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/commands/command.hpp"
#include "cli/commands/evaluate/evaluation_command.hpp"
#include "cli/terminal/progress.hpp"
#include "cli/terminal/report.hpp"
#include "cli/terminal/table.hpp"
#include "configuration/exit_code.hpp"
#include "configuration/paths.hpp"
#include "configuration/settings.hpp"
#include "inference/architectures/architecture.hpp"
#include "inference/data/dataset.hpp"
#include "inference/measurement/published.hpp"
#include "inference/model.hpp"

namespace dvfo::cli {

using namespace configuration;
namespace {

constexpr const char* details =
    "What a published network answers, unsplit and in float, on the test images: among all classes that it knows, and\n"
    "among the data set's own. The folder holds NAME.f32, NAME.tsv and imagenet_labels.txt.\n\n"
    "Example:\n"
    "  dvfo evaluate weights --weights $DVFO_DATA/weights/mobilenetv2 --data $DVFO_DATA/imagenette\n";

struct weights_command {
  std::string weights;
  std::string data;
  std::string architecture = "mobilenet-v2";
  std::string json;
  std::int64_t threads = 1;
  settings_table table;
};

int run_weights(weights_command& command) {
  command.table.settle();
  check_save("json", command.json);
  if (command.weights.empty()) throw usage_error("--weights is missing: name the folder of the published weights");
  if (command.data.empty()) throw usage_error("--data is missing: name the folder of the data set");
  inference::set_intra_op_threads(static_cast<int>(command.threads));
  const auto data = inference::open_dataset(find_data(command.data, "imagenette"), inference::subset::test);
  const auto found = inference::measure_published(
      command.weights, command.architecture, inference::published_options(command.architecture), *data, show_images);
  const nlohmann::json json = {{"architecture", command.architecture},
                               {"dataset", data->name()},
                               {"images", found.images},
                               {"classes", found.classes},
                               {"top1", found.top1},
                               {"top5", found.top5},
                               {"top1_of_labels", found.top1_of_labels},
                               {"labels", data->labels().size()}};
  const std::vector<table_row> rows{
      {"among", "top-1, %", "top-5, %"},
      {fmt::format("{} classes", found.classes), fmt::format("{:.2f}", found.top1), fmt::format("{:.2f}", found.top5)},
      {fmt::format("the data set's {}", data->labels().size()), fmt::format("{:.2f}", found.top1_of_labels), "–"}};
  publish(fmt::format("{}, published weights, on {} test images of {}\n", command.architecture, found.images,
                      data->name()) +
              plain_table(rows),
          json, command.json);
  return exit_success;
}

}  // namespace

void add_evaluate_weights(CLI::App& evaluate, action& chosen) {
  auto* sub = evaluate.add_subcommand("weights", "accuracy of a published network's weights");
  sub->footer(std::string(details) + "\n" + exit_code_help);
  const auto command = std::make_shared<weights_command>();
  command->table.text("weights", command->weights, "DIR", "folder of the published weights (required)")
      .text("data", command->data, "DIR", "folder of the data set, or of data sets (required)")
      .text("arch", command->architecture, "NAME", "network that the weights belong to")
      .text("json", command->json, "FILE", "the figures as JSON; '-' is standard output")
      .integer("threads", command->threads, {1, 256}, "N", "LibTorch threads inside one operator");
  command->table.attach(*sub);
  sub->callback([command, &chosen] { chosen = [command] { return run_weights(*command); }; });
}

}  // namespace dvfo::cli
