#pragma once

#include <span>
#include <string_view>

namespace dvfo::device::simulated {

struct shipped_board {
  std::string_view name;
  std::string_view text;  ///< the whole of boards/<name>.toml
};

/// The parameter files of this build, in a generated source.
std::span<const shipped_board> shipped_board_texts();

}  // namespace dvfo::device::simulated
