#pragma once

#include "inference/execution/networks.hpp"
#include "inference/layers/split_network.hpp"

namespace dvfo::inference {

/// Extractor and SCAM for inference: batch normalisation folded into the convolutions.
class front_runtime {
 public:
  explicit front_runtime(const front_impl& trained);
  /// `images`: [N, 3, S, S], 0…1.
  [[nodiscard]] attended forward(const torch::Tensor& images) const;

 private:
  torch::Tensor mean_, inverse_deviation_;
  float_network extractor_;
  mutable scam attention_;  // LibTorch's forward() is not const; nothing is changed
};

}  // namespace dvfo::inference
