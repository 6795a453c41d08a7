#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "device/error.hpp"
#include "device/hypervisor.hpp"
#include "device/identity.hpp"
#include "device/text_file.hpp"

namespace dvfo::device {
namespace {

/// /proc/device-tree is a link to the second; where a host's tree is mounted elsewhere the link leads out of it.
constexpr std::array<std::string_view, 2> device_trees{"/proc/device-tree", "/sys/firmware/devicetree/base"};

std::vector<std::string> device_tree_strings(const std::filesystem::path& root, std::string_view property) {
  for (const std::string_view tree : device_trees) {
    auto strings = read_strings(below(root, tree) / property);
    if (strings && !strings->empty()) return std::move(*strings);
  }
  return {};
}

/// The number behind the first `mark` in `text`.
std::optional<int> number_behind(std::string_view text, std::string_view mark) {
  const std::size_t at = text.find(mark);
  if (at == std::string_view::npos) return std::nullopt;
  text.remove_prefix(at + mark.size());
  const auto number = parse_integer(text.substr(0, text.find_first_not_of("0123456789")));
  if (!number) return std::nullopt;
  return static_cast<int>(*number);
}

/// "# R35 (release), REVISION: 4.1, …": Jetson Linux 32 came with JetPack 4, 34 and 35 with 5, 36 with 6, 38 with 7.
int jetpack_of_release(std::string_view text) {
  const int release = number_behind(text, "# R").value_or(0);
  if (release == 32) return 4;
  if (release == 34 || release == 35) return 5;
  if (release == 36) return 6;
  return release >= 38 ? 7 : 0;
}

/// Containers seldom have the release file, but share the kernel: 4.9 is JetPack 4's, 5.10 is 5's, 5.15 is 6's.
int jetpack_of_kernel(std::string_view release) {
  if (release.find("tegra") == std::string_view::npos) return 0;
  constexpr std::array<std::pair<std::string_view, int>, 4> kernels{
      {{"4.9.", 4}, {"5.10.", 5}, {"5.15.", 6}, {"6.8.", 7}}};
  const auto* const found = std::find_if(kernels.begin(), kernels.end(),
                                         [&](const auto& kernel) { return release.starts_with(kernel.first); });
  return found == kernels.end() ? 0 : found->second;
}

void find_jetpack(board_identity& board) {
  if (board.profile->chip == soc::other) return;
  if (const auto release = read_text(below(board.root, "/etc/nv_tegra_release"))) {
    board.jetpack = jetpack_of_release(*release);
    board.evidence += fmt::format("; /etc/nv_tegra_release: {}", release->substr(0, release->find(',')));
  }
  if (board.jetpack != 0) return;
  if (const auto kernel = read_text(below(board.root, "/proc/sys/kernel/osrelease"))) {
    board.jetpack = jetpack_of_kernel(*kernel);
    if (board.jetpack != 0) board.evidence += fmt::format("; kernel {}", *kernel);
  }
}

struct match {
  const board_profile* board = nullptr;
  std::size_t length = 0;
  std::string evidence;
};

/// The board whose mark is inside one of `strings`, the longest mark first.
match find_mark(const std::vector<std::string>& strings, std::vector<std::string> board_profile::*marks,
                std::string_view property) {
  match best;
  for (const board_profile& board : board_catalogue()) {
    for (const std::string& mark : board.*marks) {
      const auto holder = std::find_if(strings.begin(), strings.end(),
                                       [&](const std::string& text) { return text.find(mark) != std::string::npos; });
      if (holder == strings.end() || mark.size() <= best.length) continue;
      best = {&board, mark.size(), fmt::format("device tree {}: {}", property, *holder)};
    }
  }
  return best;
}

/// The module's part number before the product name: development kits of one name carried different modules.
void recognise(board_identity& board) {
  const std::vector<std::string> compatible = device_tree_strings(board.root, "compatible");
  const std::vector<std::string> model = device_tree_strings(board.root, "model");
  match found = find_mark(compatible, &board_profile::compatible, "compatible");
  if (found.board == nullptr) found = find_mark(model, &board_profile::models, "model");
  if (found.board != nullptr) {
    board.profile = found.board;
    board.evidence = found.evidence;
    return;
  }
  board.profile = &find_board("linux");
  if (compatible.empty()) {
    board.evidence = "no device tree of a Jetson; cpufreq and powercap are used";
  } else {
    board.evidence = fmt::format("device tree compatible: {} is no board that DVFO knows; cpufreq is used",
                                 fmt::join(compatible, " "));
  }
}

}  // namespace

board_identity detect(const std::filesystem::path& root, const std::string& override_name) {
  board_identity board;
  board.root = root;
  if (!override_name.empty()) {
    board.profile = &find_board(override_name);
    board.evidence = fmt::format("named as {}", override_name);
  }
  std::error_code ignored;
  if (!std::filesystem::is_directory(below(root, "/sys"), ignored)) {
    throw error(errc::unknown_board, fmt::format("{} holds no sys folder, so there is no board to recognise; expected "
                                                 "was / or the folder of a simulated board",
                                                 root.string()));
  }
  if (override_name.empty()) recognise(board);
  find_jetpack(board);
  if (board.profile->chip == soc::other) board.hypervisor = find_hypervisor(root);
  return board;
}

}  // namespace dvfo::device
