#include "inference/error.hpp"
#include "inference/execution/execution.hpp"

namespace dvfo::inference {

std::unique_ptr<execution> make_cuda_execution(const network_impl& /*trained*/, std::size_t /*variant*/) {
  throw error(
      errc::bad_argument,
      "backend cuda-fp16: this build's LibTorch has no CUDA; use cpu-int8, or build with a LibTorch that has it "
      "(-DCMAKE_PREFIX_PATH=<its folder>)");
}

}  // namespace dvfo::inference
