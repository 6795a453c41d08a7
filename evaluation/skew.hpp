#pragma once

#include <cstddef>
#include <vector>

#include "evaluation/accuracy.hpp"

namespace dvfo::evaluation {

/// How unevenly SCAM spreads importance over the channels of an image (DVFO Fig. 7).
struct skew_report {
  std::size_t images = 0;
  std::vector<double> importance;  ///< of the most important channel of an image, the second, …: means, sum 1
  double top_three = 0.0;          ///< part of the importance in an image's 3 most important channels, mean
  double top_tenth = 0.0;          ///< the same of the most important tenth of the channels, rounded up
  std::size_t tenth_channels = 0;  ///< how many that is
};

/// Importances as the edge computes them, of `count` images (0: all), drawn from `data` (sampled_images). Any data set
/// of images will do: labels are not looked at.
skew_report evaluate_skew(const inference::model_bundle& bundle, const inference::dataset& data, std::size_t count,
                          const progress_callback& progress);

}  // namespace dvfo::evaluation
