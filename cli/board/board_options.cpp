#include "cli/board/board_options.hpp"

#include "device/error.hpp"

namespace dvfo::cli {

void declare(configuration::settings_table& table, board_choice& choice) {
  table
      .text("board", choice.board, "BOARD",
            "'auto', a board such as jetson-tx2 or linux, or a simulated one such as sim:jetson-xavier-nx")
      .text("board-dir", choice.folder, "DIR",
            "where a simulated board that is started keeps its sysfs tree; else a temporary folder")
      .text("root", choice.root, "DIR",
            "read this tree instead of /: the --board-dir of an edge node that is running, for instance");
}

std::unique_ptr<tool_board> opened(const board_choice& choice) {
  try {
    return std::make_unique<tool_board>(choice);
  } catch (const device::error& problem) {
    if (problem.code() == device::errc::io) throw;
    throw configuration::usage_error(problem.what());
  }
}

}  // namespace dvfo::cli
