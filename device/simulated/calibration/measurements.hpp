#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "device/simulated/physics.hpp"

namespace dvfo::device::simulated {

/// One row of a measurement file, in SI units.
struct measurement {
  std::string label;    ///< the network as the file calls it, scenario added unless it is single-stream
  std::string network;  ///< canonical name, "resnet50" or "resnet50 x8" for a query of eight samples
  double batch = 1.0;
  operating_clocks at;
  std::optional<double> seconds;
  std::vector<std::pair<std::string, double>> rail_watts;
  std::optional<double> wall_watts;
  std::optional<double> idle_wall_watts;
  std::optional<double> memory_busy_hz;  ///< memory utilisation × memory clock
  std::optional<double> celsius;
  std::string unsupported;  ///< why no model of ours predicts this row; empty if one does
};

/// The operating points of the board that a file is read for.
struct known_points {
  std::vector<double> cpu_hz, gpu_hz, memory_hz;
};

struct measurement_set {
  std::string board;
  std::vector<measurement> rows;
  std::vector<std::string> notes;  ///< what was assumed, once for each cause and file; what was left to other boards
};

/// Reads CSV files whose header holds the columns of any of the three kinds, recognised by name:
///   latency  model, gpu_MHz, emc_MHz, cpu_MHz, batch, latency_ms
///   power    gpu_MHz, emc_MHz, <rail>_W …, emc_util_x_MHz, GPU_temp_C, (model; VGG19 if absent)
///   MLPerf   system, model, scenario, gpu_max_MHz, emc_max_MHz, cpu_MHz, mean_latency_ms, wall_power_W_busy_mean,
///            wall_power_W_min_sample
/// Rows whose `system` belongs to another board are left out and counted in a note; files without that column are taken
/// for `board`. A clock that is empty or whose column is missing means the highest operating point, which a note says.
/// A clock within 1 MHz of an operating point is that point (files round); any other is taken as it is. Throws
/// error(io) for a file that cannot be read, error(bad_file) naming file, line and column for anything else.
measurement_set read_measurements(std::span<const std::filesystem::path> files, const std::string& board,
                                  const known_points& points);

}  // namespace dvfo::device::simulated
