#include "policy/agent/matrix_product.hpp"

#include "policy/agent/matrix_kernels.hpp"

namespace dvfo::policy {

// Vectors of four floats are in every 64-bit ARM processor, and in every other one that has this file's turn.
void multiply(const matrix_product& what) noexcept { kernels::multiply<4>(what); }

}  // namespace dvfo::policy
