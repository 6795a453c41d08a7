#include "device/simulated/calibration/least_squares.hpp"

#include <gmock/gmock.h>

#include <cmath>

#include "device/error.hpp"

namespace {

using dvfo::device::error;
using dvfo::device::simulated::least_squares;
using dvfo::device::simulated::unknown;
using ::testing::DoubleNear;

// y = p·exp(−q·x) at five places.
void decay(std::span<const double> at, std::vector<double>& out) {
  out.clear();
  for (int x = 0; x < 5; ++x) out.push_back(at[0] * std::exp(-at[1] * x) - 3.0 * std::exp(-0.7 * x));
}

TEST(least_squares, finds_the_values_that_made_the_data) {
  const std::vector<unknown> unknowns{{1.0, 0.1, 100.0}, {0.1, 0.001, 10.0}};
  const auto found = least_squares(unknowns, decay);
  EXPECT_THAT(found[0], DoubleNear(3.0, 1e-6));
  EXPECT_THAT(found[1], DoubleNear(0.7, 1e-6));
}

TEST(least_squares, stays_within_bounds) {
  const std::vector<unknown> unknowns{{1.0, 0.1, 2.0}, {0.1, 0.001, 10.0}};
  EXPECT_LE(least_squares(unknowns, decay)[0], 2.0);
}

TEST(least_squares, refuses_what_has_no_answer) {
  EXPECT_THROW(least_squares(std::vector<unknown>{{5.0, 0.1, 2.0}}, decay), error) << "start outside its bounds";
  EXPECT_THROW(least_squares(std::vector<unknown>(6, {1.0, 0.1, 2.0}), decay), error) << "too few residuals";
  const auto broken = [](std::span<const double>, std::vector<double>& out) { out.assign(3, std::nan("")); };
  EXPECT_THROW(least_squares(std::vector<unknown>{{1.0, 0.1, 2.0}}, broken), error);
}

}  // namespace
