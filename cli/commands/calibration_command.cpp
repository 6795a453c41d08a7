#include "cli/commands/calibration_command.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/terminal/table.hpp"
#include "device/error.hpp"
#include "inference/error.hpp"

namespace dvfo::cli {

using namespace configuration;
namespace simulated = device::simulated;
namespace {

nlohmann::json to_json(const std::optional<double>& value) {
  return value ? nlohmann::json(*value) : nlohmann::json(nullptr);
}

}  // namespace

std::string calibration_choice::board_name() const {
  if (board.empty()) {
    throw usage_error(
        fmt::format("--board is missing; the boards are {}", fmt::join(simulated::shipped_boards(), ", ")));
  }
  return board.starts_with("sim:") ? board.substr(std::string("sim:").size()) : board;
}

void add_measurements(CLI::App& app, calibration_choice& choice) {
  app.add_option("--measurements", choice.measurements, "CSV files of measurements")->type_name("FILE");
}

int run_translated(const std::function<int()>& run) {
  try {
    return run();
  } catch (const device::error& problem) {
    if (problem.code() == device::errc::unknown_board || problem.code() == device::errc::bad_argument) {
      throw usage_error(problem.what());
    }
    throw inference::error(inference::errc::bad_dataset, problem.what());
  }
}

std::string error_table(const std::vector<simulated::error_row>& errors) {
  std::vector<table_row> rows{{"name", "quantity", "of", "rows", "mean, %", "max, %", "origin", "note"}};
  for (const auto& row : errors) {
    rows.push_back({row.name, row.quantity, row.of, std::to_string(row.count), percent_text(row.mean_error),
                    percent_text(row.max_error), simulated::to_string(row.how), row.note});
  }
  return plain_table(rows);
}

std::string notes_text(const std::vector<std::string>& notes) {
  std::string text;
  for (const auto& note : notes) text += fmt::format("note: {}\n", note);
  return text;
}

std::string percent_text(const std::optional<double>& value) {
  return value ? fmt::format("{:.2f}", 100.0 * *value) : std::string("–");
}

nlohmann::json error_json(const std::vector<simulated::error_row>& rows) {
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

}  // namespace dvfo::cli
