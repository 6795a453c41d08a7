#pragma once

#include "policy/agent/matrix_product.hpp"

/// The kernel behind multiply(), once for each width of vectors. Every width is instantiated in one file alone, which
/// is compiled for the processors that have it: nothing here may call a function that other files share, or the linker
/// could take their copy from this one.
namespace dvfo::policy::kernels {

/// `lanes` floats in a register. A decision is four products of a few microseconds in all (agent_benchmark), so the
/// call itself has to be cheap.
template <int lanes>
struct lane {
  using vector [[gnu::vector_size(lanes * sizeof(float))]] = float;
};

/// `height` rows by `width` vectors of the result, held in registers all through the depth.
template <int lanes, int height, int width>
inline void tile(const matrix_product& what, int row, int column) noexcept {
  using vector = typename lane<lanes>::vector;
  vector sum[height][width];
  for (int v = 0; v < width; ++v) {
    vector start = {};
    if (what.bias != nullptr) __builtin_memcpy(&start, what.bias + column + v * lanes, sizeof(vector));
    for (int r = 0; r < height; ++r) sum[r][v] = start;
  }
  const float* a = what.a + static_cast<long>(row) * what.a_row;
  const float* b = what.b + column;
  for (int k = 0; k < what.depth; ++k) {
    vector right[width];
    for (int v = 0; v < width; ++v) __builtin_memcpy(&right[v], b + v * lanes, sizeof(vector));
    for (int r = 0; r < height; ++r) {
      const float left = a[static_cast<long>(r) * what.a_row];
      for (int v = 0; v < width; ++v) sum[r][v] += left * right[v];
    }
    a += what.a_step;
    b += what.b_row;
  }
  const vector zero = {};
  for (int r = 0; r < height; ++r) {
    float* c = what.c + static_cast<long>(row + r) * what.c_row + column;
    for (int v = 0; v < width; ++v) {
      const vector out = what.rectify ? (sum[r][v] > zero ? sum[r][v] : zero) : sum[r][v];
      __builtin_memcpy(c + v * lanes, &out, sizeof(vector));
    }
  }
}

template <int lanes, int height>
inline void band(const matrix_product& what, int row) noexcept {
  constexpr int widest = lanes == 16 ? 4 : 2;  // as many accumulators as the register file has room for
  int column = 0;
  for (; column + widest * lanes <= what.columns; column += widest * lanes)
    tile<lanes, height, widest>(what, row, column);
  for (; column < what.columns; column += lanes) tile<lanes, height, 1>(what, row, column);
}

template <int lanes>
void multiply(const matrix_product& what) noexcept {
  int row = 0;
  for (; row + 4 <= what.rows; row += 4) band<lanes, 4>(what, row);
  for (; row < what.rows; ++row) band<lanes, 1>(what, row);
}

extern template void multiply<4>(const matrix_product&) noexcept;
extern template void multiply<8>(const matrix_product&) noexcept;
extern template void multiply<16>(const matrix_product&) noexcept;

}  // namespace dvfo::policy::kernels
