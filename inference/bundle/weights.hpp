#pragma once

#include <torch/torch.h>

#include "inference/bundle/manifest.hpp"
#include "inference/bundle/weight_file.hpp"
#include "inference/layers/fusion.hpp"
#include "inference/layers/split_network.hpp"
#include "inference/model_bundle.hpp"

namespace dvfo::inference {

/// The networks of a bundle, in eval mode, never changed after loading.
struct model_bundle::weights {
  split_network split{nullptr};
  reference_network reference{nullptr};
  std::vector<learned_fusion> fusions;  ///< fully connected, then convolutional, for each share that has both halves
};

/// Every tensor of the networks by name, in the type it is stored in: the local trunk's weights as int8 with their
/// steps, the remote and reference trunks' in bfloat16, all else in float32.
named_tensors store(const model_bundle::weights& networks);

/// Fills freshly built networks of the manifest's shapes. Throws error(bad_bundle) when a tensor is missing,
/// superfluous or of another shape.
std::shared_ptr<const model_bundle::weights> restore(const bundle_manifest& manifest, const named_tensors& tensors);

/// `shape` with the quantisers, imputed values and covariances that the networks learned: the codec's and the networks'
/// are the same numbers, and the bundle's id covers them. Throws error(bad_bundle) for a step or a
/// covariance that the codec cannot use.
feature_format learned_format(feature_format shape, const split_network& split);

}  // namespace dvfo::inference
