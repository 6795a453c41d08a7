#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "cli/commands/calibration_command.hpp"
#include "cli/commands/command.hpp"
#include "cli/terminal/report.hpp"
#include "cli/terminal/table.hpp"
#include "configuration/exit_code.hpp"
#include "configuration/settings.hpp"
#include "device/simulated/calibration/calibration.hpp"
#include "files/error.hpp"
#include "files/output.hpp"

namespace dvfo::cli {

using namespace configuration;
namespace simulated = device::simulated;
namespace {

constexpr const char* details =
    "Fits time, power and heat of a simulated board to measurement files (columns in docs/calibration.md) and writes "
    "its\n"
    "parameter file. What was not measured comes from published specifications and from the reference board, and says "
    "so.\n\n"
    "Examples:\n"
    "  dvfo calibrate --board jetson-tx2 --measurements tx2-latency.csv tx2-power.csv --output jetson-tx2.toml\n"
    "  dvfo calibrate --board jetson-orin-nano --reference jetson-agx-orin.toml\n";

struct calibrate_command : calibration_choice {
  std::string output;
  std::string reference;
};

nlohmann::json to_json(const std::vector<simulated::left_out_error>& rows) {
  auto json = nlohmann::json::array();
  for (const auto& row : rows) json.push_back({{"name", row.name}, {"mean_error", row.mean}, {"max_error", row.max}});
  return json;
}

std::string rendered(const std::vector<simulated::left_out_error>& errors, const char* title) {
  if (errors.empty()) return {};
  std::vector<table_row> rows{{"network", "mean, %", "max, %"}};
  for (const auto& row : errors) rows.push_back({row.name, percent_text(row.mean), percent_text(row.max)});
  return fmt::format("\n{}:\n{}", title, plain_table(rows));
}

std::string rendered(const std::vector<simulated::network_parameters>& networks) {
  if (networks.empty()) return {};
  std::vector<table_row> rows{{"network", "GPU cycles", "memory clocks", "CPU cycles", "norm", "origin"}};
  for (const auto& each : networks) {
    rows.push_back({each.name, fmt::format("{:.4g}", each.gpu_cycles), fmt::format("{:.4g}", each.memory_clocks),
                    fmt::format("{:.4g}", each.cpu_cycles), fmt::format("{:.2f}", each.norm),
                    simulated::to_string(each.from.how)});
  }
  return plain_table(rows) + "\n";
}

std::string rendered(const simulated::calibration_report& report) {
  const auto& found = report.parameters;
  auto text = fmt::format("{}: time {}, power {}\n", found.board, simulated::to_string(found.latency.from.how),
                          simulated::to_string(found.gpu.from.how));
  text += notes_text(report.notes) + "\n" + rendered(found.networks);
  if (!report.errors.empty()) text += "On the rows it was fitted to:\n" + error_table(report.errors);
  text += rendered(report.by_clock, "Each GPU clock left out in turn");
  text += rendered(report.by_network, "Each network left out, predicted by its operations, bytes and layers");
  return text;
}

constexpr files::kind parameter_file{"a parameter file of 'dvfo calibrate'", [](std::string_view head) {
                                       return head.starts_with("# Physics of the simulated board ");
                                     }};

template <class Action>
void with_usage_errors(const Action& action) {
  try {
    action();
  } catch (const files::error& problem) {
    throw usage_error(fmt::format("--output {}", problem.what()));
  }
}

void check_places(const calibrate_command& command) {
  check_save("json", command.json);
  if (!command.output.empty()) with_usage_errors([&] { files::check_output(command.output, parameter_file); });
}

int run_calibrate(calibrate_command& command) {
  command.table.settle();
  check_places(command);
  std::optional<simulated::board_parameters> reference;
  if (!command.reference.empty()) reference = simulated::read_parameters(command.reference);
  const auto report = simulated::calibrate(command.board_name(), command.files(), reference);
  if (!command.output.empty()) {
    with_usage_errors([&] { files::write_whole(command.output, report.text, parameter_file); });
  }
  const nlohmann::json json = {{"board", report.parameters.board},
                               {"latency_origin", simulated::to_string(report.parameters.latency.from.how)},
                               {"power_origin", simulated::to_string(report.parameters.gpu.from.how)},
                               {"notes", report.notes},
                               {"rows", error_json(report.errors)},
                               {"clocks_left_out", to_json(report.by_clock)},
                               {"networks_left_out", to_json(report.by_network)},
                               {"parameters", report.text}};
  auto text = rendered(report);
  if (!command.output.empty()) text += fmt::format("wrote {}\n", command.output);
  publish(text, json, command.json);
  return exit_success;
}

}  // namespace

void add_calibrate(CLI::App& app, action& chosen) {
  auto* sub = app.add_subcommand("calibrate", "fit the physics of a simulated board to measurements");
  sub->footer(std::string(details) + "\n" + exit_code_help);
  const auto command = std::make_shared<calibrate_command>();
  command->table.text("board", command->board, "NAME", "the board, such as jetson-tx2")
      .text("reference", command->reference, "FILE", "parameters of the board that stands in for what was not measured")
      .text("output", command->output, "FILE", "where the parameter file is written")
      .text("json", command->json, "FILE", "the figures as JSON; '-' is standard output");
  command->table.attach(*sub);
  add_measurements(*sub, *command);
  sub->callback(
      [command, &chosen] { chosen = [command] { return run_translated([&] { return run_calibrate(*command); }); }; });
}

}  // namespace dvfo::cli
