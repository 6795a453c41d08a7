#pragma once

#include <memory>

#include "cli/board/tool_board.hpp"
#include "configuration/settings.hpp"

namespace dvfo::cli {

/// Declares --board, --board-dir and --root for a command that only looks at a board.
void declare(configuration::settings_table& table, board_choice& choice);

/// The board of the command line. A wrong name or options that contradict each other are usage errors.
std::unique_ptr<tool_board> opened(const board_choice& choice);

}  // namespace dvfo::cli
