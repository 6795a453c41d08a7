#pragma once

#include <optional>
#include <string>
#include <vector>

#include "device/simulated/calibration/measurements.hpp"

namespace dvfo::device::simulated {

/// What the model says of one measured row.
struct prediction {
  work_result busy;
  board_watts idle;
  origin latency_origin = origin::derived;
};

/// The row's work on this board: the measured network, else the published workload through the general mapping
/// (derived), else nothing.
std::optional<work_cost> cost_of_row(const physics& board, const measurement& row);

/// The row's work at the row's clocks; at its temperature if it has one, else where the board settles under that load.
prediction predict(const physics& board, const measurement& row, const work_cost& cost);

/// Mean and largest relative error of one network or rail.
struct error_row {
  std::string name;      ///< network as the file calls it, rail, or "network (idle)"
  std::string quantity;  ///< "latency" or "power"
  std::string of;        ///< what is compared: "task", a network for a rail, "wall"
  std::size_t count = 0;
  std::optional<double> mean_error;  ///< absent when nothing could be compared
  std::optional<double> max_error;
  origin how = origin::derived;  ///< of the figures behind it
  std::string note;              ///< why there is no error, or what to know about it
};

/// Errors of a board's physics on a file's rows, in the order of the file: per network the latency, per rail and
/// network the power, per network the wall power busy and idle. Rows that nothing predicts appear with a note.
std::vector<error_row> error_table(const physics& board, const std::vector<measurement>& rows);

}  // namespace dvfo::device::simulated
