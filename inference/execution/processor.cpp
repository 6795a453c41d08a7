#include "inference/execution/processor.hpp"

namespace dvfo::inference {

#if defined(__x86_64__)
bool processor_has_bfloat16() { return __builtin_cpu_supports("avx512bf16") != 0; }
bool processor_adds_byte_products_exactly() {
  return __builtin_cpu_supports("avx512vnni") != 0 || __builtin_cpu_supports("avxvnni") != 0;
}
#else
bool processor_has_bfloat16() { return false; }
bool processor_adds_byte_products_exactly() { return true; }
#endif

}  // namespace dvfo::inference
