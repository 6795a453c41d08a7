#pragma once

#include <filesystem>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "configuration/settings.hpp"
#include "device/simulated/calibration/calibration.hpp"

namespace CLI {  // NOLINT(readability-identifier-naming): their name
class App;
}

/// What `dvfo calibrate` and `dvfo evaluate calibration` have in common.
namespace dvfo::cli {

/// A simulated board and measurements of the real one.
struct calibration_choice {
  std::string board;
  std::vector<std::string> measurements;
  std::string json;
  configuration::settings_table table;

  /// "sim:jetson-tx2", as elsewhere, means the same board. Throws usage_error that lists the boards when none is named.
  [[nodiscard]] std::string board_name() const;
  [[nodiscard]] std::vector<std::filesystem::path> files() const { return {measurements.begin(), measurements.end()}; }
};

/// Declares --measurements, which takes several files; `choice` must outlive the parse.
void add_measurements(CLI::App& app, calibration_choice& choice);

/// Runs it. A wrong board or too few measurements become mistakes of the command line (usage_error); a damaged file
/// becomes bad data (inference::error).
int run_translated(const std::function<int()>& run);

std::string error_table(const std::vector<device::simulated::error_row>& errors);
std::string notes_text(const std::vector<std::string>& notes);
/// "1.25" of 0.0125; a dash where there is none.
std::string percent_text(const std::optional<double>& value);
nlohmann::json error_json(const std::vector<device::simulated::error_row>& rows);

}  // namespace dvfo::cli
