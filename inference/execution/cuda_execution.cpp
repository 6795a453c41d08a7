#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDAGuard.h>

#include <bit>
#include <map>
#include <vector>

#include "inference/error.hpp"
#include "inference/execution/execution.hpp"
#include "inference/execution/networks.hpp"

// Only compiled where LibTorch has CUDA (inference/CMakeLists.txt).

namespace dvfo::inference {
namespace {

constexpr int warm_up_passes = 3;  // cuDNN chooses its kernels and buffers before the capture, which forbids both

/// Layers on the device, normalisation folded, everything in half floats.
class device_layers {
 public:
  device_layers(const network_impl& trained, std::size_t variant) : layout_(trained.layout()) {
    const auto on_device = torch::TensorOptions().device(torch::kCUDA).dtype(torch::kHalf);
    for (std::size_t i = 0; i < layout_.ops().size(); ++i) {
      const auto folded = trained.fold(static_cast<int>(i), variant);
      operators::learned layer;
      if (folded.weight.defined()) layer.weight = folded.weight.to(on_device);
      if (folded.bias.defined()) layer.bias = folded.bias.to(on_device);
      layers_.push_back(layer);
    }
  }

  [[nodiscard]] torch::Tensor forward(const torch::Tensor& x) const {
    std::vector<torch::Tensor> values = {x};
    for (std::size_t i = 1; i < layers_.size(); ++i) {
      const op& o = layout_.ops()[i];
      std::vector<torch::Tensor> inputs;
      for (const int from : o.from) inputs.push_back(values[static_cast<std::size_t>(from)]);
      values.push_back(operators::activate(o.then, operators::compute(o, inputs, layers_[i])));
    }
    return values.back();
  }

 private:
  graph layout_;
  std::vector<operators::learned> layers_;
};

/// One batch size, captured: the graph reads `input` and writes `output` wherever it is replayed.
struct captured_pass {
  at::cuda::CUDAGraph graph;
  torch::Tensor input;
  torch::Tensor output;
};

class cuda_execution final : public execution {
 public:
  cuda_execution(const network_impl& trained, std::size_t variant) : layers_(trained, variant) {}

  [[nodiscard]] torch::Tensor forward(const torch::Tensor& x) const override {
    c10::InferenceMode inference;
    const c10::cuda::CUDAStreamGuard on(stream_);
    // Batches are filled up to a power of two, so that there are few graphs, each of which keeps its memory.
    auto shape = x.sizes().vec();
    const auto count = shape[0];
    shape[0] = static_cast<std::int64_t>(std::bit_ceil(static_cast<std::uint64_t>(count)));
    auto& pass = pass_for(shape);
    pass.input.narrow(0, 0, count).copy_(x);
    pass.graph.replay();
    return pass.output.narrow(0, 0, count).to(torch::kCPU, torch::kFloat);  // waits for the stream
  }

 private:
  captured_pass& pass_for(const std::vector<std::int64_t>& shape) const {
    if (const auto known = passes_.find(shape); known != passes_.end()) return *known->second;
    auto pass = std::make_unique<captured_pass>();
    pass->input = torch::zeros(shape, torch::TensorOptions().device(torch::kCUDA).dtype(torch::kHalf));
    for (int i = 0; i < warm_up_passes; ++i) static_cast<void>(layers_.forward(pass->input));
    stream_.synchronize();
    pass->graph.capture_begin();
    pass->output = layers_.forward(pass->input);
    pass->graph.capture_end();
    return *passes_.emplace(shape, std::move(pass)).first->second;
  }

  device_layers layers_;
  // Capturing is not allowed on the default stream.
  c10::cuda::CUDAStream stream_ = c10::cuda::getStreamFromPool();
  mutable std::map<std::vector<std::int64_t>, std::unique_ptr<captured_pass>> passes_;  // by the input's shape
};

}  // namespace

std::unique_ptr<execution> make_cuda_execution(const network_impl& trained, std::size_t variant) {
  if (!torch::cuda::is_available()) {
    throw error(errc::bad_argument, "backend cuda-fp16: LibTorch sees no CUDA device; use cpu-int8");
  }
  torch::NoGradGuard no_gradient;
  return std::make_unique<cuda_execution>(trained, variant);
}

}  // namespace dvfo::inference
