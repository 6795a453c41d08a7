#pragma once

#include <cstdint>
#include <vector>

#include "inference/layers/fusion.hpp"
#include "inference/measurement/logits.hpp"

namespace dvfo::inference {

/// Both learned fusions of every share that has two halves, trained on logits of held-back images (both halves' weights
/// stay as they are; DVFO Table 4).
std::vector<learned_fusion> train_fusions(const collected_logits& held_back, std::uint64_t seed);

}  // namespace dvfo::inference
