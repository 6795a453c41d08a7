#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/board/board_options.hpp"
#include "cli/commands/command.hpp"
#include "cli/doctor/cloud_check.hpp"
#include "cli/doctor/doctor.hpp"
#include "cli/terminal/terminal.hpp"
#include "configuration/address.hpp"
#include "configuration/exit_code.hpp"
#include "configuration/paths.hpp"
#include "configuration/settings.hpp"
#include "files/place.hpp"
#include "files/standard_streams.hpp"
#include "inference/bundle/manifest.hpp"

namespace dvfo::cli {

using namespace configuration;
namespace {

constexpr const char* details =
    "Lists what this machine offers to DVFO: the board, its clocks, power rails, load, temperatures, the model bundle "
    "and,\n"
    "with --cloud, whether something listens there. Under each thing that is missing stand the reason and what to do.\n"
    "It reads alone: no clock is set, no file is written. Run it as the user that will run dvfo-edge.\n\n"
    "The bundle is judged by its manifest, not by loading its weights; the cloud by a TCP connection, not by a "
    "task.\n\n"
    "Exit codes:\n"
    "  0  everything that this kind of board can offer is there\n"
    "  1  something is missing that can be mended\n"
    "  2  a flag, an environment variable or the configuration file is wrong\n\n"
    "Examples:\n"
    "  dvfo doctor\n"
    "  dvfo doctor --cloud 127.0.0.1:7070\n"
    "  sudo dvfo doctor --json | jq '.rows[] | select(.state == \"missing\")'\n"
    "  dvfo doctor --root ./board                 the tree of a simulated board that is running\n";

/// Load and power of RAPL are means over this, and a total that is none has shown it by then.
constexpr auto time_between_looks = std::chrono::milliseconds(600);

struct doctor_command {
  board_choice board;
  std::string clock_state;
  std::string bundle;
  std::string cloud;
  double timeout_ms = 3000.0;
  bool json = false;
  settings_table table;
};

doctor_row look_at_bundle(const std::string& bundle) {
  const auto folder = find_bundle(bundle);
  const auto manifest = inference::read_manifest(folder / "manifest.toml");
  doctor_row row{.topic = "model", .thing = "bundle"};
  row.found = fmt::format("{} in {}: {}, {:.1f} % unsplit", manifest.name, folder.string(), manifest.dataset,
                          manifest.reference_top1);
  for (const auto& figure : manifest.figures) {
    if (figure.share == 0.5) row.found += fmt::format(", {:.1f} % at share ½", figure.top1);
  }
  if (!files::is_file(folder / "weights.bin")) {
    row.state = health::missing;
    row.reason = (folder / "weights.bin").string() + " is no file that can be read";
    row.remedy = "copy the whole bundle, or make it anew with 'dvfo train model'";
  }
  return row;
}

doctor_options options_of(const doctor_command& command) {
  doctor_options options;
  options.clock_state = command.clock_state;
  options.wait = [] { std::this_thread::sleep_for(time_between_looks); };
  options.more.push_back({"model", "bundle", "name a bundle with --bundle, or make one with 'dvfo train model'",
                          [&command] { return look_at_bundle(command.bundle); }});
  if (command.cloud.empty()) return options;
  options.more.push_back({"cloud", command.cloud, "name dvfo-cloud's HOST:PORT with --cloud", [&command] {
                            return look_at_cloud(command.cloud,
                                                 std::chrono::milliseconds(static_cast<int>(command.timeout_ms)));
                          }});
  return options;
}

int run_doctor(doctor_command& command) {
  command.table.settle();
  // A mistake of the command line, not a finding.
  if (!command.cloud.empty()) parse_address(command.cloud, "cloud", 1);
  const auto board = opened(command.board);
  const auto rows = examine(board->identity(), options_of(command));
  const auto width = size_of_terminal(STDOUT_FILENO).columns;
  files::print(command.json ? doctor_json(rows).dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n"
                            : doctor_text(rows, width));
  return needs_attention(rows) ? exit_failure : exit_success;
}

}  // namespace

void add_doctor(CLI::App& app, action& chosen) {
  auto* doctor = app.add_subcommand("doctor", "see what this machine offers to DVFO, and what is missing");
  doctor->footer(details);
  const auto command = std::make_shared<doctor_command>();
  declare(command->table, command->board);
  command->table
      .text("clock-state", command->clock_state, "FILE",
            "as dvfo-edge's; else var/lib/dvfo/clocks.state below the board's root")
      .text("bundle", command->bundle, "DIR", "model bundle: a folder, or a name in $DVFO_BUNDLES")
      .text("cloud", command->cloud, "HOST:PORT",
            "also see whether dvfo-edge would connect there, and whether something listens")
      .real("timeout-ms", command->timeout_ms, {1.0, 60'000.0}, "MS", "how long to wait for the cloud")
      .flag("json", command->json, "the rows as JSON on standard output");
  command->table.attach(*doctor);
  doctor->callback([command, &chosen] { chosen = [command] { return run_doctor(*command); }; });
}

}  // namespace dvfo::cli
