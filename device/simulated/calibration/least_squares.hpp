#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

/// The fit behind `dvfo calibrate`: the only folder that sees Eigen.
namespace dvfo::device::simulated {

/// A positive quantity to be found, kept strictly between two physical bounds.
struct unknown {
  double start;
  double low;
  double high;
};

/// Writes the residuals at these values; the same number of residuals at every call, no fewer than there are unknowns.
using residual_function = std::function<void(std::span<const double> values, std::vector<double>& residuals)>;

/// Values that minimise the sum of squared residuals (Levenberg–Marquardt, numerical derivatives, unknowns mapped so
/// that the bounds hold). Deterministic. Throws error(bad_argument) for a start outside its bounds or for residuals
/// that are not finite.
std::vector<double> least_squares(std::span<const unknown> unknowns, const residual_function& residuals);

}  // namespace dvfo::device::simulated
