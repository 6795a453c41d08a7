#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/commands/command.hpp"
#include "cli/describe/description.hpp"
#include "cli/terminal/report.hpp"
#include "configuration/exit_code.hpp"
#include "configuration/settings.hpp"
#include "inference/error.hpp"

namespace dvfo::cli {

using namespace configuration;
namespace {

constexpr const char* describe_details =
    "Operations (2 a multiply-accumulate), bytes moved, kernel launches and parameters of every part of a split "
    "model,\n"
    "counted from its architecture: no weights are needed. What is not said is as published.\n\n"
    "Examples:\n"
    "  dvfo describe --arch mobilenet-v2\n"
    "  dvfo describe --arch resnet18 --input-size 32 --base-width 32 --classes 100 --json resnet18.json\n";

struct describe_command {
  std::string name;
  std::string where = "cpu-int8";
  std::string json;
  std::int64_t input_size = 0;  // 0, here and below: as published
  std::int64_t input_height = 0;
  std::int64_t classes = 0;
  std::int64_t base_width = 0;
  std::int64_t feature_channels = 0;
  settings_table table;
};

inference::architecture_options sizes_of(const describe_command& command) {
  auto sizes = inference::published_options(command.name);
  const auto take = [](int& target, std::int64_t given) {
    if (given > 0) target = static_cast<int>(given);
  };
  take(sizes.input_size, command.input_size);
  take(sizes.input_height, command.input_height);
  take(sizes.classes, command.classes);
  take(sizes.base_width, command.base_width);
  take(sizes.feature_channels, command.feature_channels);
  return sizes;
}

int run_describe(describe_command& command) {
  command.table.settle();
  if (command.name.empty()) {
    throw usage_error(
        fmt::format("--arch is missing; the architectures are {}", fmt::join(inference::architecture_names(), ", ")));
  }
  try {
    const description_request request = {.sizes = sizes_of(command), .where = inference::backend_of(command.where)};
    const auto net = inference::make_architecture(command.name, request.sizes);
    publish(description_text(net, request), description_json(net, request), command.json);
  } catch (const inference::error& problem) {
    if (problem.code() == inference::errc::bad_argument) throw usage_error(problem.what());
    throw;
  }
  return exit_success;
}

}  // namespace

void add_describe(CLI::App& app, action& chosen) {
  auto* sub = app.add_subcommand("describe", "what every part of a model costs, without weights");
  sub->footer(std::string(describe_details) + "\n" + exit_code_help);
  const auto command = std::make_shared<describe_command>();
  command->table
      .text("arch", command->name, "NAME", fmt::format("{}", fmt::join(inference::architecture_names(), ", ")))
      .choice("backend", command->where, {"cpu-int8", "cuda-fp16"}, "where the parts run")
      .integer("input-size", command->input_size, {0, 8192}, "N", "columns of the input; 0: as published")
      .integer("input-height", command->input_height, {0, 8192}, "N", "rows of the input; 0: a square")
      .integer("classes", command->classes, {0, 100000}, "N", "labels; 0: as published")
      .integer("base-width", command->base_width, {0, 8192}, "N", "channels of the first layer; 0: as published")
      .integer("feature-channels", command->feature_channels, {0, 4096}, "N",
               "channels of the map that may travel; 0: the default of the architecture")
      .text("json", command->json, "FILE", "the figures as JSON; '-' is standard output");
  command->table.attach(*sub);
  sub->callback([command, &chosen] { chosen = [command] { return run_describe(*command); }; });
}

}  // namespace dvfo::cli
