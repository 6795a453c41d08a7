#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/commands/calibration_command.hpp"
#include "cli/commands/command.hpp"
#include "cli/terminal/report.hpp"
#include "configuration/exit_code.hpp"
#include "configuration/settings.hpp"
#include "device/simulated/calibration/calibration.hpp"

namespace dvfo::cli {

using namespace configuration;
namespace simulated = device::simulated;
namespace {

constexpr const char* details =
    "Compares a simulated board with measurements: mean and largest relative error of each network and rail.\n\n"
    "Example:\n"
    "  dvfo evaluate calibration --board jetson-tx2 --measurements tx2-power.csv --json errors.json\n";

struct calibration_command : calibration_choice {
  std::string parameters;
};

int run_calibration(calibration_command& command) {
  command.table.settle();
  const auto parameters = command.parameters.empty() ? simulated::shipped_parameters(command.board_name())
                                                     : simulated::read_parameters(command.parameters);
  if (parameters.board != command.board_name()) {
    throw usage_error(fmt::format("--parameters {} is of board {}, --board says {}", command.parameters,
                                  parameters.board, command.board_name()));
  }
  const auto report = simulated::evaluate(parameters, command.files());
  const nlohmann::json json = {{"board", report.board},
                               {"latency_origin", simulated::to_string(report.latency_origin)},
                               {"power_origin", simulated::to_string(report.power_origin)},
                               {"notes", report.notes},
                               {"rows", error_json(report.rows)}};
  const auto head = fmt::format("{}: time {}, power {}\n", report.board, simulated::to_string(report.latency_origin),
                                simulated::to_string(report.power_origin));
  publish(head + notes_text(report.notes) + error_table(report.rows), json, command.json);
  return exit_success;
}

}  // namespace

void add_evaluate_calibration(CLI::App& evaluate, action& chosen) {
  auto* sub = evaluate.add_subcommand("calibration", "error of a simulated board against measurements");
  sub->footer(std::string(details) + "\n" + exit_code_help);
  const auto command = std::make_shared<calibration_command>();
  command->table.text("board", command->board, "NAME", "the board, such as jetson-tx2")
      .text("parameters", command->parameters, "FILE", "a parameter file in place of the shipped one")
      .text("json", command->json, "FILE", "the figures as JSON; '-' is standard output");
  command->table.attach(*sub);
  add_measurements(*sub, *command);
  sub->get_option("--measurements")->required();
  sub->callback(
      [command, &chosen] { chosen = [command] { return run_translated([&] { return run_calibration(*command); }); }; });
}

}  // namespace dvfo::cli
