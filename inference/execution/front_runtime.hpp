#pragma once

#include "inference/execution/fused_scam.hpp"
#include "inference/execution/networks.hpp"
#include "inference/layers/split_network.hpp"

namespace dvfo::inference {

/// Extractor and SCAM for inference: batch normalisation folded into the convolutions. SCAM runs on the CPU in any
/// case: it is a hundredth of the work, and its features travel from there.
class front_runtime {
 public:
  explicit front_runtime(const front_impl& trained, backend where = backend::cpu_int8);
  /// `images`: [N, 3, S, S], 0…1. Both results are contiguous.
  [[nodiscard]] attended forward(const torch::Tensor& images) const;

 private:
  torch::Tensor mean_, inverse_deviation_;
  std::unique_ptr<execution> extractor_;
  fused_scam attention_;
};

}  // namespace dvfo::inference
