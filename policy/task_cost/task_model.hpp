#pragma once

#include <optional>
#include <string>
#include <vector>

#include "device/workload.hpp"
#include "policy/decision.hpp"

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

/// A way that sends the input instead of features: nothing of the split model runs before it is under way, unless
/// `front` says so.
struct input_way {
  sending sends = sending::input;
  device::workload front;  ///< reading the input, compressing it
  share_terms terms;       ///< `local`: extractor and local DNN, beside the transfer; nothing at share 1
};

/// A task of one model as physics sees it: made from descriptors computed from the model, or from a measured bundle.
struct task_model {
  std::string name;
  device::workload front;                  ///< extractor and SCAM
  double host_cycles = 0.0;                ///< CPU cycles of the edge besides: reading the image, encoding, fusing
  std::vector<share_terms> ways;           ///< by share, ascending; the first is share 0, the last share 1
  std::vector<input_way> input_ways = {};  ///< what DVFO's rivals may do besides; by what is sent, and share, ascending
};

}  // namespace dvfo::policy
