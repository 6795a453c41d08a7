#pragma once

#include <span>
#include <string>
#include <vector>

#include "device/simulated/board_parameters.hpp"
#include "device/simulated/calibration/measurements.hpp"
#include "device/simulated/specifications.hpp"

namespace dvfo::device::simulated {

/// Relative error of predictions for rows that the fit did not see.
struct left_out_error {
  std::string name;
  double mean = 0.0;
  double max = 0.0;
};

struct latency_fit {
  latency_parameters latency;
  std::vector<network_parameters> networks;
  std::vector<left_out_error> by_clock;    ///< a network, each of its GPU clocks left out in turn
  std::vector<left_out_error> by_network;  ///< a network left out altogether, predicted by the general mapping
};

/// Fits the general mapping and the measured networks of one board together: each network's (a, b, c, n) follows its
/// measurements as far as they reach and the mapping's figures where they do not. Rows without seconds are ignored.
/// With no usable row at all the reference's mapping is scaled by peak rate, bus width and element size (derived).
latency_fit fit_latency(const board_specification& board, std::span<const measurement> rows,
                        const latency_parameters* reference, const board_specification* reference_board);

}  // namespace dvfo::device::simulated
