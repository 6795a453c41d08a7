#pragma once

#include <span>

#include "device/simulated/calibration/measurements.hpp"
#include "device/simulated/specifications.hpp"

namespace dvfo::device::simulated {

/// Fills the groups gpu, cpu, soc, memory, power, wall and thermal of `parameters`, whose clocks, latency, networks and
/// rails are already there. Starts from the reference board's figures scaled by cores, clocks and bus width (or,
/// without one, from plain guesses that only rail measurements may stand in for), then follows rails (one fit a rail)
/// or, failing those, wall power (multipliers of the scaled figures). Throws error(bad_argument) when there is neither
/// a reference nor a rail measurement.
void fit_power(board_parameters& parameters, const board_specification& board, std::span<const measurement> rows,
               const board_parameters* reference);

}  // namespace dvfo::device::simulated
