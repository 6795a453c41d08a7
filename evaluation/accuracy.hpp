#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "inference/data/dataset.hpp"
#include "inference/model_bundle.hpp"

namespace dvfo::evaluation {

/// What one trained share gives on the test images, all on the deployed path (int8 local DNN, features through the
/// codec).
struct accuracy_row {
  double share = 0.0;
  double lambda = 0.0;                ///< the bundle's, chosen on held-back training images
  double top1 = 0.0;                  ///< percent, fused with λ
  double loss_points = 0.0;           ///< reference − top1
  double top1_at_half = 0.0;          ///< percent, fused with λ = 0.5 where both halves exist, else as top1
  std::optional<double> local_top1;   ///< percent; absent at share 1
  std::optional<double> remote_top1;  ///< percent; absent at share 0
  double wire_bytes_mean = 0.0;       ///< whole feature frame, headers included
  std::int64_t front_macs = 0;        ///< multiply-accumulates of extractor and SCAM, on the edge in any case
  std::int64_t local_macs = 0;        ///< of the local DNN at this width, on the edge; 0 at share 1
  std::int64_t remote_macs = 0;       ///< of the remote DNN, in the cloud; 0 at share 0
  std::optional<double> local_ms;     ///< median milliseconds of one image through the local DNN; absent at share 1
};

struct accuracy_report {
  double reference_top1 = 0.0;  ///< percent, unsplit float model
  std::size_t images = 0;
  std::vector<accuracy_row> rows;
};

/// (images done, images in all)
using progress_callback = std::function<void(std::size_t, std::size_t)>;

/// Measures a bundle on every image of `data` (DVFO §6.4). Throws inference::error(bad_argument) when the data set's
/// labels are not the bundle's.
accuracy_report evaluate_accuracy(const inference::model_bundle& bundle, const inference::dataset& data,
                                  const progress_callback& progress);

/// Throws inference::error(bad_argument) that names both when `data` has other labels than the bundle was trained for.
void require_same_labels(const inference::model_bundle& bundle, const inference::dataset& data);

}  // namespace dvfo::evaluation
