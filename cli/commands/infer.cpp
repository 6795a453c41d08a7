#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <memory>

#include "cli/commands/command.hpp"
#include "configuration/address.hpp"
#include "configuration/exit_code.hpp"
#include "configuration/program.hpp"
#include "edge_node/edge_node.hpp"
#include "edge_node/report.hpp"
#include "edge_node/source.hpp"
#include "edge_node/stream.hpp"
#include "files/standard_streams.hpp"
#include "inference/model.hpp"

namespace dvfo::cli {

using namespace configuration;
namespace {

constexpr const char* details =
    "Each image takes the whole path: features, split by importance, local half, remote half, fusion. Without a cloud "
    "of\n"
    "your own the remote half runs in this process. A file that cannot be read gives an error line; the others are "
    "answered.\n\n"
    "Examples:\n"
    "  dvfo infer cat.jpg\n"
    "  dvfo infer photos                          the pictures directly in a folder\n"
    "  dvfo infer --share 0.25 --cloud 127.0.0.1:7070 photos/*.jpg\n"
    "  dvfo infer --bundle ./my-bundle --json cat.jpg | jq .predicted_name\n";

struct infer_command {
  edge_node::settings node;
  bool json = false;
  std::string log_level = "warning";
  std::vector<std::string> images;
  settings_table table;
};

int run_infer(infer_command& command) {
  inference::prepare_for_single_images();
  command.table.settle();
  start_log("dvfo", command.log_level);
  edge_node::edge_node node(command.node);
  const auto cloud = node.wait_for_cloud();
  if (cloud.refused) throw network_error(fmt::format("--cloud {}: {}", command.node.cloud, cloud.reason));
  if (cloud.wanted && !cloud.up)
    spdlog::warn("no cloud at {} ({}): images are answered on the edge", command.node.cloud, cloud.reason);

  const auto source = edge_node::inputs_of({command.images.begin(), command.images.end()});
  edge_node::stream_options how;
  how.warm_up = 1;
  how.deadline_seconds = command.node.deadline_ms / 1e3;
  const std::atomic<bool> never = false;
  const auto totals = edge_node::stream(
      node, *source, how,
      [&](const edge_node::task_report& report) {
        if (command.json) {
          files::print(edge_node::to_line(report) + '\n');
        } else if (report.ok()) {
          files::print(edge_node::to_text(report));
        } else {
          files::tell(edge_node::to_text(report));
        }
      },
      never);
  return totals.failed == 0 ? exit_success : exit_failure;
}

}  // namespace

void add_infer(CLI::App& app, action& chosen) {
  auto* infer = app.add_subcommand("infer", "classify your own JPEG and PNG files");
  infer->footer(std::string(details) + "\n" + exit_code_help);
  const auto command = std::make_shared<infer_command>();
  edge_node::declare(command->table, command->node);
  command->table.flag("json", command->json, "one JSON line an image on standard output");
  add_log_level(command->table, command->log_level);
  command->table.attach(*infer);
  infer->add_option("IMAGE", command->images, "JPEG or PNG files, or folders of them")->required();
  infer->callback([command, &chosen] { chosen = [command] { return run_infer(*command); }; });
}

}  // namespace dvfo::cli
