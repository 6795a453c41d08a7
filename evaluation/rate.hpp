#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "evaluation/accuracy.hpp"

namespace dvfo::evaluation {

/// One way to get an image to the cloud: features at a share ("features", setting ξ), or the picture itself in a lossy
/// format ("JPEG", "WebP", setting: quality), answered there by the unsplit reference.
struct rate_row {
  std::string way;
  double setting = 0.0;
  double bytes_mean = 0.0;   ///< on the wire: the whole feature frame, or the picture's file
  double top1 = 0.0;         ///< percent; features: fused with the bundle's λ
  double loss_points = 0.0;  ///< against the unsplit reference on the pictures as they are
};

struct rate_report {
  double reference_top1 = 0.0;  ///< percent, unsplit float model, pictures as they are
  std::size_t images = 0;
  std::vector<rate_row> rows;  ///< features by share (0 first), then JPEG and WebP by quality
};

/// Qualities at which pictures are sent: from hardly recognisable to hardly changed.
inline constexpr std::array<int, 9> picture_qualities = {5, 10, 20, 35, 50, 65, 80, 90, 95};

/// Rate and accuracy of features beside those of pictures, on `count` images (0: all), drawn from `data`
/// (sampled_images). Pictures are encoded at the bundle's input size. Throws as evaluate_accuracy. `progress` counts
/// passes of an image through a network.
rate_report evaluate_rate(const inference::model_bundle& bundle, const inference::dataset& data, std::size_t count,
                          const progress_callback& progress);

}  // namespace dvfo::evaluation
