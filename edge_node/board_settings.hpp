#pragma once

#include <string>

namespace dvfo::edge_node {

/// Which board, and how its clocks stand while this node runs.
struct board_settings {
  std::string board = "auto";   ///< "auto", "none", a board's name, or "sim:" and a simulated board's name
  std::string folder;           ///< of a simulated board's tree; empty: a temporary one
  std::string clocks = "keep";  ///< "keep", "lowest", "middle" or "highest"
  std::string clock_state;      ///< file for restoring clocks after a crash; empty: var/lib/dvfo below the root
};

}  // namespace dvfo::edge_node
