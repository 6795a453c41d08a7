#include "inference/codec/imputation.hpp"

#include <Eigen/Cholesky>
#include <algorithm>
#include <iterator>
#include <numeric>
#include <vector>

namespace dvfo::inference {
namespace {

using matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using precise_matrix = Eigen::MatrixXd;

Eigen::Map<const matrix> square(std::span<const float> values, int channels) {
  return {values.data(), channels, channels};
}

double ridge_of(const Eigen::Map<const matrix>& covariance) {
  return imputation_ridge * covariance.diagonal().cast<double>().mean();
}

std::vector<std::uint16_t> all_but(std::span<const std::uint16_t> known, int channels) {
  std::vector<std::uint16_t> all(static_cast<std::size_t>(channels));
  std::iota(all.begin(), all.end(), std::uint16_t{0});
  std::vector<std::uint16_t> rest;
  std::ranges::set_difference(all, known, std::back_inserter(rest));
  return rest;
}

}  // namespace

void impute(const feature_format& format, std::span<const std::uint16_t> known, std::span<float> features) {
  const auto unknown = all_but(known, format.channels);
  const auto places = static_cast<std::size_t>(format.height) * static_cast<std::size_t>(format.width);
  const auto mean = [&](std::uint16_t channel) { return format.imputed.empty() ? 0.0F : format.imputed[channel]; };
  for (const auto channel : unknown) std::ranges::fill(features.subspan(channel * places, places), mean(channel));
  if (format.covariance.empty() || known.empty() || unknown.empty()) return;

  const auto covariance = square(format.covariance, format.channels);
  precise_matrix among = covariance(known, known).cast<double>();
  among.diagonal().array() += ridge_of(covariance);
  const precise_matrix across = covariance(known, unknown).cast<double>();
  const matrix weights = among.llt().solve(across).transpose().cast<float>();

  Eigen::Map<matrix> map(features.data(), format.channels, static_cast<Eigen::Index>(places));
  matrix deviations(static_cast<Eigen::Index>(known.size()), map.cols());
  for (std::size_t i = 0; i < known.size(); ++i) {
    deviations.row(static_cast<Eigen::Index>(i)) = map.row(known[i]).array() - mean(known[i]);
  }
  const matrix estimates = weights * deviations;
  for (std::size_t i = 0; i < unknown.size(); ++i) {
    auto row = map.row(unknown[i]);
    row = (row + estimates.row(static_cast<Eigen::Index>(i))).cwiseMax(format.quantisers[unknown[i]].lowest);
  }
}

bool is_covariance(std::span<const float> values, int channels) {
  const auto covariance = square(values, channels);
  if (!covariance.allFinite() || !covariance.isApprox(covariance.transpose(), 1e-4F)) return false;
  if (covariance.isZero(0.0F)) return true;
  precise_matrix solvable = covariance.cast<double>();
  solvable.diagonal().array() += ridge_of(covariance);
  return solvable.llt().info() == Eigen::Success;
}

}  // namespace dvfo::inference
