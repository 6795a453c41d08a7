#pragma once

#include <optional>
#include <string>
#include <vector>

#include "device/workload.hpp"

namespace dvfo::policy {

/// What one way of sharing a task asks of edge, link and cloud.
struct share_terms {
  double share = 0.0;            ///< ξ
  device::workload local;        ///< the local DNN at this share's width; nothing at share 1
  double wire_up_bytes = 0.0;    ///< edge to cloud, headers included; 0 at share 0
  double wire_down_bytes = 0.0;  ///< cloud to edge
  double cloud_seconds = 0.0;    ///< decoding and remote DNN there; 0 at share 0
  std::optional<double> top1;    ///< percent, measured with a real bundle; absent for a mere descriptor
};

/// A task of one model as physics sees it: made from descriptors computed from the model, or from a measured bundle.
struct task_model {
  std::string name;
  device::workload front;         ///< extractor and SCAM
  double host_cycles = 0.0;       ///< CPU cycles of the edge besides: reading the image, encoding, fusing
  std::vector<share_terms> ways;  ///< by share, ascending; the first is share 0, the last share 1
};

}  // namespace dvfo::policy
