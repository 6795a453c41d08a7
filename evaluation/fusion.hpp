#pragma once

#include <string>
#include <vector>

#include "evaluation/accuracy.hpp"

namespace dvfo::evaluation {

/// One way to fuse at one share (DVFO §6.6, Table 4 and Fig. 14).
struct fusion_row {
  double share = 0.0;
  std::string method;         ///< "weighted sum", "fully connected", "convolutional"
  double top1 = 0.0;          ///< percent
  double loss_points = 0.0;   ///< reference − top1
  double microseconds = 0.0;  ///< median time of fusing one task's logits
};

struct fusion_report {
  double reference_top1 = 0.0;
  std::vector<fusion_row> rows;
};

/// Compares the weighted sum with the bundle's two learned fusions at every share that has two halves. Throws as
/// evaluate_accuracy.
fusion_report evaluate_fusion(const inference::model_bundle& bundle, const inference::dataset& data,
                              const progress_callback& progress);

}  // namespace dvfo::evaluation
