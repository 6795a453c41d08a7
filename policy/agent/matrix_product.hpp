#pragma once

namespace dvfo::policy {

/// C = A · B, or relu(A · B + bias): all that a small network needs, forwards and backwards.
///
/// A's element (i, k) is a[i * a_row + k * a_step], so that a transposed A costs no copy; B and C lie row by row.
struct matrix_product {
  int rows = 0;
  int columns = 0;  ///< a multiple of column_multiple
  int depth = 0;
  const float* a = nullptr;
  int a_row = 0;
  int a_step = 1;
  const float* b = nullptr;
  int b_row = 0;
  float* c = nullptr;
  int c_row = 0;
  const float* bias = nullptr;  ///< `columns` values, or none
  bool rectify = false;         ///< negative results become 0
};

/// Columns come in this multiple, so that no kernel has to look after a rest: the widest vector of any processor.
inline constexpr int column_multiple = 16;

/// `size`, rounded up to column_multiple.
constexpr int padded(int size) { return (size + column_multiple - 1) / column_multiple * column_multiple; }

/// Computes it with the widest vectors that this processor has. Allocates nothing, thread-safe; the same processor
/// gives the same bits every time, processors with and without fused multiply-add differ in the last ones.
void multiply(const matrix_product& what) noexcept;

}  // namespace dvfo::policy
