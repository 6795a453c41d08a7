#include "policy/agent/matrix_kernels.hpp"
#include "policy/agent/matrix_product.hpp"

namespace dvfo::policy {
namespace {

using kernel = void (*)(const matrix_product&) noexcept;

kernel widest_kernel() noexcept {
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f")) return kernels::multiply<16>;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return kernels::multiply<8>;
  return kernels::multiply<4>;
}

}  // namespace

void multiply(const matrix_product& what) noexcept {
  static const kernel chosen = widest_kernel();
  chosen(what);
}

}  // namespace dvfo::policy
