#include "policy/agent/matrix_kernels.hpp"

template void dvfo::policy::kernels::multiply<16>(const matrix_product&) noexcept;
