#include "cli/board/tool_board.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "device/error.hpp"

namespace dvfo::cli {
namespace {

using device::errc;
using device::error;
using device::simulated::simulated_board;
using device::simulated::simulated_name;

void check(const board_choice& choice) {
  const bool is_simulated = !simulated_name(choice.board).empty();
  if (is_simulated && !choice.root.empty()) {
    throw error(errc::bad_argument, fmt::format("--board {} starts a simulated board and --root {} reads a tree that "
                                                "is there already; give one of them",
                                                choice.board, choice.root));
  }
  if (!is_simulated && !choice.folder.empty()) {
    throw error(errc::bad_argument,
                fmt::format("--board-dir {} is for a simulated board, and --board is {}; name one such as "
                            "sim:jetson-xavier-nx, or read a tree with --root",
                            choice.folder, choice.board));
  }
}

std::unique_ptr<simulated_board> start(const board_choice& choice) {
  const auto name = simulated_name(choice.board);
  if (name.empty()) return nullptr;
  try {
    return std::make_unique<simulated_board>(
        device::simulated::simulated_board_options{.board = std::string(name), .folder = choice.folder});
  } catch (const error& problem) {
    if (problem.code() != errc::bad_argument) throw;
    throw error(errc::bad_argument,
                fmt::format("{}; to look at the board that runs there, use --root instead", problem.what()));
  }
}

device::board_identity identify(const board_choice& choice, const simulated_board* simulated) {
  if (simulated != nullptr) return device::detect(simulated->root());
  // Absolute, so that what is reported can be found and a state file's own root compared.
  std::error_code failed;
  const auto root = std::filesystem::absolute(choice.root.empty() ? "/" : choice.root, failed);
  if (failed) {
    throw error(errc::io, fmt::format("--root {} has no absolute path: {}; name one that begins with /", choice.root,
                                      failed.message()));
  }
  return device::detect(root.lexically_normal(), choice.board == "auto" ? std::string() : choice.board);
}

}  // namespace

tool_board::tool_board(const board_choice& choice)
    : simulated_((check(choice), start(choice))), identity_(identify(choice, simulated_.get())) {}

}  // namespace dvfo::cli
