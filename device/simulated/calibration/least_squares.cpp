#include "device/simulated/calibration/least_squares.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <unsupported/Eigen/NonLinearOptimization>
#include <unsupported/Eigen/NumericalDiff>

#include "device/error.hpp"

namespace dvfo::device::simulated {
namespace {

// The logarithm of the value lies between those of the bounds, as a sigmoid of a free coordinate.
double value_at(const unknown& which, double coordinate) {
  const double share = 1.0 / (1.0 + std::exp(-coordinate));
  return which.low * std::pow(which.high / which.low, share);
}

double coordinate_of(const unknown& which) {
  if (!(which.low > 0.0 && which.low < which.start && which.start < which.high)) {
    throw error(errc::bad_argument, fmt::format("least squares: start {} is not between its bounds {} and {}",
                                                which.start, which.low, which.high));
  }
  const double share = std::log(which.start / which.low) / std::log(which.high / which.low);
  return std::log(share / (1.0 - share));
}

// What Eigen's solver asks of a problem; the names are Eigen's.
struct problem {
  using Scalar = double;                 // NOLINT(readability-identifier-naming)
  using InputType = Eigen::VectorXd;     // NOLINT(readability-identifier-naming)
  using ValueType = Eigen::VectorXd;     // NOLINT(readability-identifier-naming)
  using JacobianType = Eigen::MatrixXd;  // NOLINT(readability-identifier-naming)
  enum { InputsAtCompileTime = Eigen::Dynamic, ValuesAtCompileTime = Eigen::Dynamic };  // NOLINT

  std::span<const unknown> unknowns;
  const residual_function* residuals;
  Eigen::Index count;

  [[nodiscard]] int inputs() const { return static_cast<int>(unknowns.size()); }
  [[nodiscard]] int values() const { return static_cast<int>(count); }

  int operator()(const InputType& at, ValueType& out) const {
    const auto found = evaluate(at);
    for (Eigen::Index i = 0; i < count; ++i) out[i] = found[static_cast<std::size_t>(i)];
    return 0;
  }

  [[nodiscard]] std::vector<double> map(const InputType& at) const {
    std::vector<double> values(unknowns.size());
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = value_at(unknowns[i], at[static_cast<Eigen::Index>(i)]);
    return values;
  }

  [[nodiscard]] std::vector<double> evaluate(const InputType& at) const {
    std::vector<double> out;
    (*residuals)(map(at), out);
    if (!std::all_of(out.begin(), out.end(), [](double r) { return std::isfinite(r); })) {
      throw error(errc::bad_argument, "least squares: a residual is not finite; a measurement is out of range");
    }
    return out;
  }
};

}  // namespace

std::vector<double> least_squares(std::span<const unknown> unknowns, const residual_function& residuals) {
  Eigen::VectorXd at(static_cast<Eigen::Index>(unknowns.size()));
  for (std::size_t i = 0; i < unknowns.size(); ++i) at[static_cast<Eigen::Index>(i)] = coordinate_of(unknowns[i]);
  problem task{unknowns, &residuals, 0};
  task.count = static_cast<Eigen::Index>(task.evaluate(at).size());
  if (task.count < at.size()) {
    throw error(errc::bad_argument, fmt::format("least squares: {} residuals for {} unknowns; give more measurements",
                                                task.count, at.size()));
  }
  Eigen::NumericalDiff<problem> differentiable(task);
  Eigen::LevenbergMarquardt<Eigen::NumericalDiff<problem>> solver(differentiable);
  solver.parameters.maxfev = 20000;
  solver.parameters.xtol = 1e-12;
  solver.parameters.ftol = 1e-14;
  solver.minimize(at);
  return task.map(at);
}

}  // namespace dvfo::device::simulated
