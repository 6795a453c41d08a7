#pragma once

#include <span>

#include "device/simulated/calibration/measurements.hpp"
#include "device/simulated/specifications.hpp"

namespace dvfo::device::simulated {

/// Fits gpu, cpu, soc, memory, the board input and the thermal resistance to rails measured under load, one rail after
/// another, and the idle share to the published quiescent power of the board. Needs a rail for each part and one for
/// the whole; error(bad_argument) otherwise.
void fit_rails(board_parameters& parameters, const board_specification& board, std::span<const measurement> rows);

}  // namespace dvfo::device::simulated
