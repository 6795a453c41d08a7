#include "device/simulated/calibration/calibration.hpp"

#include <fmt/format.h>

#include "device/board_profile.hpp"
#include "device/error.hpp"
#include "device/simulated/calibration/power_fit.hpp"

namespace dvfo::device::simulated {
namespace {

// A change takes effect after about 1, 5 and 8 ms (CPU, GPU, memory); execution stands still for less than 0.1 ms.
knob_parameters knob_delays() {
  return {{origin::derived, "measured on an Orin Nano (arXiv 2606.16106), taken for every board"},
          {0.001, 0.005, 0.008},
          0.0001};
}

radio_parameters wifi() {
  return {{origin::derived, "assumed: 1.2 W while sending; no measurement on these boards is at hand"}, 1.2};
}

std::string header(const std::string& board, std::span<const std::filesystem::path> files) {
  std::string names;
  for (const auto& file : files) names.append(" ").append(file.filename().string());
  return fmt::format(
      "Physics of the simulated board {0}, in SI units (hertz, watts, volts, seconds).\n"
      "Written by: dvfo calibrate --board {0}{1}{2}\n"
      "Do not edit: a test compares this file with what the command writes.\n",
      board, files.empty() ? "" : " --measurements", names);
}

clock_parameters clocks_of(const board_specification& board, known_points points) {
  clock_parameters clocks;
  clocks.from = {origin::derived, "operating points of the board's profile; memory floors by NVIDIA's CPU driver"};
  clocks.cpu_hz = std::move(points.cpu_hz);
  clocks.gpu_hz = std::move(points.gpu_hz);
  clocks.memory_hz = std::move(points.memory_hz);
  clocks.memory_floors = board.memory_floors;
  return clocks;
}

}  // namespace

known_points points_of_board(const std::string& board) {
  const auto& profile = find_board(board);
  return {profile.cpu_hz, profile.gpu_hz, profile.memory_hz};
}

calibration_report calibrate(const std::string& board, std::span<const std::filesystem::path> measurements,
                             const std::optional<board_parameters>& reference) {
  const auto& specification = find_specification(board);
  std::optional<board_parameters> stand_in = reference;
  if (!stand_in && !specification.reference.empty()) stand_in = shipped_parameters(specification.reference);
  const auto* stand_in_board = stand_in ? &find_specification(stand_in->board) : nullptr;

  const auto points = points_of_board(board);
  const auto measured = read_measurements(measurements, board, points);
  const auto latency =
      fit_latency(specification, measured.rows, stand_in ? &stand_in->latency : nullptr, stand_in_board);
  calibration_report report;
  auto& parameters = report.parameters;
  parameters.board = board;
  parameters.clocks = clocks_of(specification, points);
  parameters.latency = latency.latency;
  parameters.networks = latency.networks;
  parameters.rails = specification.rails;
  parameters.radio = wifi();
  parameters.knobs = knob_delays();
  fit_power(parameters, specification, measured.rows, stand_in ? &*stand_in : nullptr);

  // What is reported is what the file says, digits and all.
  report.text = format_parameters(parameters, header(board, measurements));
  parameters = parse_parameters(report.text, "the parameters just fitted");
  report.notes = measured.notes;
  report.errors = error_table(physics(parameters), measured.rows);
  report.by_clock = latency.by_clock;
  report.by_network = latency.by_network;
  return report;
}

evaluation_report evaluate(const board_parameters& parameters, std::span<const std::filesystem::path> measurements) {
  const physics board(parameters);
  const auto& clocks = parameters.clocks;
  const auto measured =
      read_measurements(measurements, parameters.board, {clocks.cpu_hz, clocks.gpu_hz, clocks.memory_hz});
  return {parameters.board, parameters.latency.from.how, board.power_origin(), measured.notes,
          error_table(board, measured.rows)};
}

}  // namespace dvfo::device::simulated
