#pragma once

#include <torch/torch.h>

#include <memory>

#include "inference/backend.hpp"
#include "inference/layers/network.hpp"

namespace dvfo::inference {

/// One variant of a trained network, ready to run. Not thread-safe: one owner at a time.
class execution {
 public:
  virtual ~execution() = default;
  /// `x`: [N, C, H, W] float on the CPU; returns the graph's last output, float on the CPU.
  [[nodiscard]] virtual torch::Tensor forward(const torch::Tensor& x) const = 0;
};

/// A network as the edge's local DNN runs it: 8-bit integers, or half floats on the GPU. Throws error(bad_bundle) when
/// there are no 8-bit kernels or ranges, error(bad_argument) when this LibTorch sees no CUDA device.
std::unique_ptr<execution> prepare_local(const network_impl& trained, std::size_t variant, backend where);
/// The same for extractor and remote DNN: float32, or half floats on the GPU.
std::unique_ptr<execution> prepare_float(const network_impl& trained, std::size_t variant, backend where);

/// Runs on the first CUDA device in half floats. Every batch size, up to the next power of two, is captured once as a
/// CUDA graph, so that a pass is two copies and one launch. One source file has it where LibTorch has CUDA, another
/// refuses where it has not. Throws error(bad_argument).
std::unique_ptr<execution> make_cuda_execution(const network_impl& trained, std::size_t variant);

}  // namespace dvfo::inference
