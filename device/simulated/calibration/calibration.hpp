#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "device/simulated/calibration/latency_fit.hpp"
#include "device/simulated/calibration/prediction.hpp"

namespace dvfo::device::simulated {

/// What `dvfo calibrate` found.
struct calibration_report {
  board_parameters parameters;
  std::string text;                ///< the parameter file
  std::vector<std::string> notes;  ///< assumptions about the measurements
  std::vector<error_row> errors;   ///< on the very rows it was fitted to
  std::vector<left_out_error> by_clock;
  std::vector<left_out_error> by_network;
};

/// Operating points of the board's profile.
known_points points_of_board(const std::string& board);

/// Makes the parameters of one board from measurement files. `reference` replaces the shipped parameters of the board
/// that stands in for what was not measured. Deterministic. Throws device::error: unknown_board, io, bad_file,
/// bad_argument.
calibration_report calibrate(const std::string& board, std::span<const std::filesystem::path> measurements,
                             const std::optional<board_parameters>& reference = std::nullopt);

/// Errors of a board's parameters on a measurement file.
struct evaluation_report {
  std::string board;
  origin latency_origin = origin::derived;
  origin power_origin = origin::derived;
  std::vector<std::string> notes;
  std::vector<error_row> rows;
};

evaluation_report evaluate(const board_parameters& parameters, std::span<const std::filesystem::path> measurements);

}  // namespace dvfo::device::simulated
