#pragma once

#include <array>
#include <span>

#include "tests/inference/feature_frames.hpp"

/// An input of the feature frame's fuzz target: one byte that chooses the format (modulo their number), then the frame.
namespace dvfo::test {

inline std::span<const inference::feature_format> fuzz_formats() {
  static const std::array formats{
      make_format(1, 1, 1, 8, false),   make_format(4, 3, 3, 2, false), make_format(9, 5, 3, 4, false),
      make_format(200, 2, 1, 8, false), make_format(32, 16, 16, 2),     make_format(16, 8, 8, 4),
      make_format(3, 16, 16, 8),        make_format(1000, 3, 3, 2),     make_format(9, 5, 3, 3, false),
      make_format(24, 14, 14, 3),
  };
  return formats;
}

}  // namespace dvfo::test
