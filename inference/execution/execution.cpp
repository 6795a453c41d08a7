#include "inference/execution/execution.hpp"

#include "inference/execution/networks.hpp"

namespace dvfo::inference {

std::unique_ptr<execution> prepare_local(const network_impl& trained, std::size_t variant, backend where) {
  if (where == backend::cuda_fp16) return make_cuda_execution(trained, variant);
  return std::make_unique<int8_network>(trained, variant);
}

std::unique_ptr<execution> prepare_float(const network_impl& trained, std::size_t variant, backend where) {
  if (where == backend::cuda_fp16) return make_cuda_execution(trained, variant);
  return std::make_unique<float_network>(trained, variant);
}

}  // namespace dvfo::inference
