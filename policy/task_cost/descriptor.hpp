#pragma once

#include "device/workload.hpp"
#include "inference/architectures/part_costs.hpp"

namespace dvfo::policy {

/// A part's descriptor, computed from the model, as work for a board.
inline device::workload to_workload(const inference::part_cost& cost) {
  return {.flops = cost.flops, .bytes = cost.bytes, .launches = cost.launches};
}

}  // namespace dvfo::policy
