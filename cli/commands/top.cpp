#include <fmt/format.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <system_error>

#include "cli/board/board_options.hpp"
#include "cli/commands/command.hpp"
#include "cli/terminal/terminal.hpp"
#include "cli/top/top_session.hpp"
#include "configuration/exit_code.hpp"
#include "configuration/settings.hpp"
#include "configuration/signals.hpp"
#include "files/standard_streams.hpp"

namespace dvfo::cli {

using namespace configuration;
namespace {

constexpr const char* details =
    "Clocks, load, watts by rail, temperatures and joules of a board, drawn anew at each interval; q or Ctrl-C ends "
    "it. "
    "Where\n"
    "standard output is no terminal, one block of text an interval. It reads alone and sleeps in between; what it "
    "takes "
    "of a\n"
    "core stands in its last line. Tasks are shown when the JSON lines of a running dvfo-edge are followed.\n\n"
    "Examples:\n"
    "  dvfo top\n"
    "  dvfo top --interval 0.5 --follow results.jsonl   beside: dvfo-edge … --json results.jsonl\n"
    "  dvfo top --root ./board                          beside: dvfo-edge --board sim:jetson-tx2 --board-dir ./board\n"
    "  dvfo top --json --count 60 > minute.jsonl\n";

struct top_command {
  board_choice board;
  double interval = 1.0;
  std::int64_t count = 0;
  std::string follow;
  bool json = false;
  settings_table table;
};

/// Becomes readable when SIGINT or SIGTERM comes, so that a sleep ends and the terminal is put back in the usual way.
class stop_event {
 public:
  stop_event() : number_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    if (number_ < 0) throw std::system_error(errno, std::generic_category(), "cannot make an eventfd");
    signals_.emplace();
    signals_->listen([number = number_](int) { eventfd_write(number, 1); });
  }
  ~stop_event() {
    signals_.reset();  // its thread writes to the number
    close(number_);
  }
  stop_event(const stop_event&) = delete;
  stop_event& operator=(const stop_event&) = delete;
  [[nodiscard]] int get() const { return number_; }

 private:
  int number_;
  std::optional<stop_signals> signals_;
};

/// Processor time of this process, user and system.
double own_seconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

std::string as_block(const std::vector<std::string>& lines) { return fmt::format("{}\n\n", fmt::join(lines, "\n")); }

int run_top(top_command& command) {
  command.table.settle();
  const auto board = opened(command.board);
  const stop_event stop;
  constexpr auto now = &std::chrono::steady_clock::now;
  top_options options;
  options.interval_seconds = command.interval;
  options.follow = command.follow;
  options.own_seconds = own_seconds;
  top_session session(board->identity(), std::move(options), now());

  const bool is_live = !command.json && is_live_terminal(STDOUT_FILENO);
  std::optional<live_screen> screen;
  if (is_live) screen.emplace(STDIN_FILENO, STDOUT_FILENO);
  int keys = is_live && isatty(STDIN_FILENO) == 1 ? STDIN_FILENO : -1;
  const auto show = [&](const top_view& view) {
    if (command.json) {
      files::print(to_json(view).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
      return true;
    }
    const auto lines = render(view, size_of_terminal(STDOUT_FILENO).columns, may_use_colour(STDOUT_FILENO));
    if (screen) return screen->draw(lines);
    files::print(as_block(lines));
    return true;
  };
  watch(
      session, static_cast<std::uint64_t>(command.count), now,
      [&](device::time_point when) { return sleep_until(when, stop.get(), keys); }, show);
  return exit_success;
}

}  // namespace

void add_top(CLI::App& app, action& chosen) {
  auto* top = app.add_subcommand("top", "watch clocks, load, watts, temperatures and joules of a board");
  top->footer(std::string(details) + "\n" + exit_code_help);
  const auto command = std::make_shared<top_command>();
  declare(command->table, command->board);
  command->table
      .real("interval", command->interval, {0.02, 3600.0}, "SECONDS",
            "time between readings; never less than the power sensor's own")
      .integer("count", command->count, {0, 1'000'000'000}, "N", "end after so many readings; 0: go on")
      .text("follow", command->follow, "FILE", "show the tasks of the dvfo-edge that writes this file with --json")
      .flag("json", command->json, "one JSON object a reading on standard output");
  command->table.attach(*top);
  top->callback([command, &chosen] { chosen = [command] { return run_top(*command); }; });
}

}  // namespace dvfo::cli
