#pragma once

#include "policy/task_cost/task_physics.hpp"

namespace dvfo::policy {

/// About ResNet-18 at 224 pixels with a narrow bottleneck: 3.6 GFLOP, 6.3 kB at share 1.
inline task_model resnet_like() {
  task_model model;
  model.name = "resnet-like";
  model.front = {.flops = 0.3e9, .bytes = 4e6, .launches = 11};
  model.host_cycles = 3e6;
  const double shares[] = {0.0, 0.25, 0.5, 0.75, 1.0};
  for (const double share : shares) {
    share_terms way;
    way.share = share;
    const double width = 1.0 - share;
    if (share < 1.0) way.local = {.flops = 3.3e9 * width * width, .bytes = 20e6 * width * width, .launches = 30};
    if (share > 0.0) {
      way.wire_up_bytes = 6300.0 * share;
      way.wire_down_bytes = 500.0;
      way.cloud_seconds = 0.002;
    }
    model.ways.push_back(way);
  }
  return model;
}

}  // namespace dvfo::policy
