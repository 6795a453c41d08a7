#pragma once

#include <memory>
#include <string>

#include "device/identity.hpp"
#include "device/simulated/simulated_board.hpp"

namespace dvfo::cli {

/// Which board a tool looks at.
struct board_choice {
  std::string board = "auto";  ///< "auto", a board's name, or "sim:" and a simulated board's name
  std::string folder = {};     ///< --board-dir: tree of the simulated board that is started; empty: a temporary one
  std::string root = {};       ///< --root: a tree to read instead of /, such as the folder of a running simulated board
};

/// A board for a tool that only looks. A simulated one lives, at rest, as long as this object.
class tool_board {
 public:
  /// Throws device::error: unknown_board, bad_argument for options that contradict each other, io.
  explicit tool_board(const board_choice& choice);

  [[nodiscard]] const device::board_identity& identity() const { return identity_; }
  [[nodiscard]] bool is_simulated() const { return simulated_ != nullptr; }

 private:
  std::unique_ptr<device::simulated::simulated_board> simulated_;
  device::board_identity identity_;
};

}  // namespace dvfo::cli
