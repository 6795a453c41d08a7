#include <fmt/format.h>
#include <fmt/ranges.h>

#include "device/error.hpp"
#include "device/simulated/board_parameters.hpp"
#include "device/simulated/shipped_boards.hpp"

namespace dvfo::device::simulated {

std::vector<std::string> shipped_boards() {
  std::vector<std::string> names;
  for (const auto& board : shipped_board_texts()) names.emplace_back(board.name);
  return names;
}

board_parameters shipped_parameters(std::string_view board) {
  for (const auto& candidate : shipped_board_texts()) {
    if (candidate.name == board) {
      return parse_parameters(candidate.text, fmt::format("built-in parameters of {}", board));
    }
  }
  throw error(errc::unknown_board,
              fmt::format("no simulated board '{}'; the boards are {}", board, fmt::join(shipped_boards(), ", ")));
}

}  // namespace dvfo::device::simulated
