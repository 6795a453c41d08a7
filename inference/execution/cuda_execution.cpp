#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAGuard.h>

#include <bit>
#include <map>
#include <memory>
#include <type_traits>
#include <vector>

#include "inference/error.hpp"
#include "inference/execution/execution.hpp"
#include "inference/execution/networks.hpp"

// Only compiled where LibTorch has CUDA (inference/CMakeLists.txt).

namespace dvfo::inference {
namespace {

constexpr int warm_up_passes = 3;  // cuDNN chooses its kernels and buffers before the capture, which forbids both

/// Convolutions on tensor cores want channels innermost; vectors and matrices have no such order.
torch::MemoryFormat order_of(std::int64_t dimensions) {
  return dimensions == 4 ? torch::MemoryFormat::ChannelsLast : torch::MemoryFormat::Contiguous;
}

/// A stream of one's own, not one of LibTorch's pool, which gives each to several: what another thread sends to a
/// stream that is being captured would become part of the graph.
struct stream_end {
  void operator()(cudaStream_t stream) const { C10_CUDA_CHECK_WARN(cudaStreamDestroy(stream)); }
};
using own_stream = std::unique_ptr<std::remove_pointer_t<cudaStream_t>, stream_end>;

own_stream make_stream() {
  cudaStream_t out = nullptr;
  C10_CUDA_CHECK(cudaStreamCreateWithFlags(&out, cudaStreamNonBlocking));
  return own_stream(out);
}

/// Layers on the device, normalisation folded, everything in half floats.
class device_layers {
 public:
  device_layers(const network_impl& trained, std::size_t variant) : layout_(trained.layout()) {
    const auto on_device = torch::TensorOptions().device(torch::kCUDA).dtype(torch::kHalf);
    for (std::size_t i = 0; i < layout_.ops().size(); ++i) {
      const auto folded = trained.fold(static_cast<int>(i), variant);
      operators::learned layer;
      if (folded.weight.defined()) layer.weight = folded.weight.to(on_device).contiguous(order_of(folded.weight.dim()));
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
    return pass.output.narrow(0, 0, count).to(torch::kCPU, torch::kFloat).contiguous();  // waits for the stream
  }

 private:
  captured_pass& pass_for(const std::vector<std::int64_t>& shape) const {
    if (const auto known = passes_.find(shape); known != passes_.end()) return *known->second;
    auto pass = std::make_unique<captured_pass>();
    const auto on_device = torch::TensorOptions().device(torch::kCUDA).dtype(torch::kHalf);
    pass->input = torch::zeros(shape, on_device).contiguous(order_of(static_cast<std::int64_t>(shape.size())));
    for (int i = 0; i < warm_up_passes; ++i) static_cast<void>(layers_.forward(pass->input));
    stream_.synchronize();
    capture(*pass);
    return *passes_.emplace(shape, std::move(pass)).first->second;
  }

  /// Watches this thread alone: others, with models of their own, go on meanwhile.
  void capture(captured_pass& pass) const {
    pass.graph.capture_begin({0, 0}, cudaStreamCaptureModeThreadLocal);
    try {
      pass.output = layers_.forward(pass.input);
    } catch (...) {
      abandon(pass.graph);
      throw;
    }
    pass.graph.capture_end();
  }

  /// A stream that is left capturing refuses all further work; what was captured so far is thrown away.
  static void abandon(at::cuda::CUDAGraph& graph) {
    try {
      graph.capture_end();
    } catch (const c10::Error&) {
      // It says that the capture has failed, which is known.
    }
  }

  device_layers layers_;
  own_stream owned_ = make_stream();
  c10::cuda::CUDAStream stream_ = c10::cuda::getStreamFromExternal(owned_.get(), c10::cuda::current_device());
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
