#pragma once

#include <torch/torch.h>

#include <array>
#include <cstdint>

#include "inference/architectures/graph.hpp"

namespace dvfo::inference {

/// An 8-bit affine grid: value = scale · (level − zero point).
struct grid {
  double scale = 1.0;
  std::int64_t zero_point = 0;
};

/// A curved activation between two 8-bit grids, as a table of its 256 values: what float would compute, a byte a
/// lookup. Immutable, thread-safe.
class byte_table {
 public:
  byte_table() = default;
  byte_table(activation what, const grid& from, const grid& onto);

  /// `x`: any quantised tensor on the first grid, dense in memory. Returns its shape and layout on the second grid.
  [[nodiscard]] torch::Tensor apply(const torch::Tensor& x) const;

 private:
  std::array<std::uint8_t, 256> levels_{};
  grid onto_;
};

}  // namespace dvfo::inference
