#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "cli/commands/command.hpp"
#include "cli/terminal/report.hpp"
#include "cli/terminal/table.hpp"
#include "configuration/exit_code.hpp"
#include "configuration/settings.hpp"
#include "device/error.hpp"
#include "device/simulated/calibration/calibration.hpp"
#include "inference/error.hpp"

namespace dvfo::cli {

using namespace configuration;
namespace simulated = device::simulated;
namespace {

constexpr const char* calibrate_details =
    "Fits time, power and heat of a simulated board to measurement files (columns in docs/calibration.md) and writes "
    "its\n"
    "parameter file. What was not measured comes from published specifications and from the reference board, and says "
    "so.\n\n"
    "Examples:\n"
    "  dvfo calibrate --board jetson-tx2 --measurements tx2-latency.csv tx2-power.csv --output jetson-tx2.toml\n"
    "  dvfo calibrate --board jetson-orin-nano --reference jetson-agx-orin.toml\n";

constexpr const char* evaluate_details =
    "Compares a simulated board with measurements: mean and largest relative error of each network and rail.\n\n"
    "Example:\n"
    "  dvfo evaluate calibration --board jetson-tx2 --measurements tx2-power.csv --json errors.json\n";

struct calibrate_command {
  std::string board;
  std::string output;
  std::string reference;
  std::string parameters;
  std::string json;
  std::vector<std::string> measurements;
  settings_table table;

  // "sim:jetson-tx2", as elsewhere, means the same board.
  [[nodiscard]] std::string board_name() const {
    if (board.empty()) {
      throw usage_error(
          fmt::format("--board is missing; the boards are {}", fmt::join(simulated::shipped_boards(), ", ")));
    }
    return board.starts_with("sim:") ? board.substr(std::string("sim:").size()) : board;
  }
  [[nodiscard]] std::vector<std::filesystem::path> files() const { return {measurements.begin(), measurements.end()}; }
};

// A wrong board or too few measurements are mistakes of the command line; a damaged file is bad data.
template <class body>
int run_translated(const body& run) {
  try {
    return run();
  } catch (const device::error& problem) {
    if (problem.code() == device::errc::unknown_board || problem.code() == device::errc::bad_argument) {
      throw usage_error(problem.what());
    }
    throw inference::error(inference::errc::bad_dataset, problem.what());
  }
}

std::string percent(const std::optional<double>& value) {
  return value ? fmt::format("{:.2f}", 100.0 * *value) : std::string("–");
}

nlohmann::json to_json(const std::optional<double>& value) {
  return value ? nlohmann::json(*value) : nlohmann::json(nullptr);
}

nlohmann::json to_json(const std::vector<simulated::error_row>& rows) {
  auto json = nlohmann::json::array();
  for (const auto& row : rows) {
    json.push_back({{"name", row.name},
                    {"quantity", row.quantity},
                    {"of", row.of},
                    {"count", row.count},
                    {"mean_error", to_json(row.mean_error)},
                    {"max_error", to_json(row.max_error)},
                    {"origin", simulated::to_string(row.how)},
                    {"note", row.note}});
  }
  return json;
}

nlohmann::json to_json(const std::vector<simulated::left_out_error>& rows) {
  auto json = nlohmann::json::array();
  for (const auto& row : rows) json.push_back({{"name", row.name}, {"mean_error", row.mean}, {"max_error", row.max}});
  return json;
}

std::string rendered(const std::vector<simulated::error_row>& errors) {
  std::vector<table_row> rows{{"name", "quantity", "of", "rows", "mean, %", "max, %", "origin", "note"}};
  for (const auto& row : errors) {
    rows.push_back({row.name, row.quantity, row.of, std::to_string(row.count), percent(row.mean_error),
                    percent(row.max_error), simulated::to_string(row.how), row.note});
  }
  return plain_table(rows);
}

std::string rendered(const std::vector<simulated::left_out_error>& errors, const char* title) {
  if (errors.empty()) return {};
  std::vector<table_row> rows{{"network", "mean, %", "max, %"}};
  for (const auto& row : errors) rows.push_back({row.name, percent(row.mean), percent(row.max)});
  return fmt::format("\n{}:\n{}", title, plain_table(rows));
}

std::string rendered_notes(const std::vector<std::string>& notes) {
  std::string text;
  for (const auto& note : notes) text += fmt::format("note: {}\n", note);
  return text;
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
  text += rendered_notes(report.notes) + "\n" + rendered(found.networks);
  if (!report.errors.empty()) text += "On the rows it was fitted to:\n" + rendered(report.errors);
  text += rendered(report.by_clock, "Each GPU clock left out in turn");
  text += rendered(report.by_network, "Each network left out, predicted by its operations, bytes and layers");
  return text;
}

int run_calibrate(calibrate_command& command) {
  command.table.settle();
  std::optional<simulated::board_parameters> reference;
  if (!command.reference.empty()) reference = simulated::read_parameters(command.reference);
  const auto report = simulated::calibrate(command.board_name(), command.files(), reference);
  if (!command.output.empty()) {
    std::ofstream out(command.output, std::ios::trunc | std::ios::binary);
    out << report.text;
    out.flush();
    if (!out) {
      throw usage_error(
          fmt::format("--output {}: the file cannot be written; name a file in an existing folder", command.output));
    }
  }
  const nlohmann::json json = {{"board", report.parameters.board},
                               {"latency_origin", simulated::to_string(report.parameters.latency.from.how)},
                               {"power_origin", simulated::to_string(report.parameters.gpu.from.how)},
                               {"notes", report.notes},
                               {"rows", to_json(report.errors)},
                               {"clocks_left_out", to_json(report.by_clock)},
                               {"networks_left_out", to_json(report.by_network)},
                               {"parameters", report.text}};
  auto text = rendered(report);
  if (!command.output.empty()) text += fmt::format("wrote {}\n", command.output);
  publish(text, json, command.json);
  return exit_success;
}

int run_evaluate(calibrate_command& command) {
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
                               {"rows", to_json(report.rows)}};
  const auto head = fmt::format("{}: time {}, power {}\n", report.board, simulated::to_string(report.latency_origin),
                                simulated::to_string(report.power_origin));
  publish(head + rendered_notes(report.notes) + rendered(report.rows), json, command.json);
  return exit_success;
}

void add_measurements(CLI::App& app, calibrate_command& command) {
  app.add_option("--measurements", command.measurements, "CSV files of measurements")->type_name("FILE");
}

}  // namespace

void add_calibrate(CLI::App& app, action& chosen) {
  auto* sub = app.add_subcommand("calibrate", "fit the physics of a simulated board to measurements");
  sub->footer(std::string(calibrate_details) + "\n" + exit_code_help);
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

void add_evaluate_calibration(CLI::App& evaluate, action& chosen) {
  auto* sub = evaluate.add_subcommand("calibration", "error of a simulated board against measurements");
  sub->footer(std::string(evaluate_details) + "\n" + exit_code_help);
  const auto command = std::make_shared<calibrate_command>();
  command->table.text("board", command->board, "NAME", "the board, such as jetson-tx2")
      .text("parameters", command->parameters, "FILE", "a parameter file in place of the shipped one")
      .text("json", command->json, "FILE", "the figures as JSON; '-' is standard output");
  command->table.attach(*sub);
  add_measurements(*sub, *command);
  sub->get_option("--measurements")->required();
  sub->callback(
      [command, &chosen] { chosen = [command] { return run_translated([&] { return run_evaluate(*command); }); }; });
}

}  // namespace dvfo::cli
