#pragma once

#include <cstdint>

#include "inference/data/dataset.hpp"
#include "inference/layers/split_network.hpp"
#include "inference/measurement/logits.hpp"
#include "inference/model_bundle.hpp"

namespace dvfo::inference {

/// What a trained bundle is calibrated and measured on.
struct calibration_images {
  const dataset& held_back;  ///< not trained on
  const dataset& test;
  /// How much the unsplit reference's answer counts against the label where λ is chosen. On a hundred pictures labels
  /// alone tell little: each says of one class only.
  double distillation = 0.0;
  std::uint64_t seed = 1;  ///< of the learned fusions' first weights
};

/// A bundle of trained networks, all in eval mode on the CPU: λ of every share and the learned fusions (DVFO Table 4)
/// from held-back images, both halves' weights as they are; then the figures on the test images. Everything is taken on
/// the stored weights, on the path that will be deployed. Throws what data sets and codec throw.
model_bundle calibrated_bundle(bundle_manifest described, const split_network& split,
                               const reference_network& reference, const calibration_images& images,
                               const count_callback& calibrating, const count_callback& measuring);

}  // namespace dvfo::inference
