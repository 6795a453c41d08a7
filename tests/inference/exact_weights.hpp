#pragma once

#include "inference/execution/processor.hpp"
#include "inference/layers/network.hpp"

namespace dvfo::inference {

/// Where weights have a bit less than fake quantisation knows of (x86 without VNNI), rounds them to what they will be,
/// so that it predicts the integers there, too. The largest of a channel stays, for the step hangs on it.
inline void round_as_processor_does(network_impl& net) {
  if (processor_adds_byte_products_exactly()) return;
  torch::NoGradGuard no_gradient;
  for (auto& each : net.named_parameters()) {
    if (!each.key().ends_with("_weight")) continue;
    auto& weight = each.value();
    std::vector<std::int64_t> shape(static_cast<std::size_t>(weight.dim()), 1);
    shape[0] = -1;
    const auto step = weight_scale(weight).view(shape);
    const auto coarse = torch::round(weight / (2.0 * step)).clamp(-63.0, 63.0) * (2.0 * step);
    weight.copy_(torch::where(weight.abs() > 126.5 * step, weight, coarse));
  }
}

}  // namespace dvfo::inference
