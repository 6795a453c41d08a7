#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <future>

#include "cloud_node/cloud_node.hpp"
#include "configuration/address.hpp"
#include "configuration/exit_code.hpp"
#include "configuration/program.hpp"
#include "configuration/signals.hpp"
#include "files/standard_streams.hpp"
#include "inference/model.hpp"

namespace {

constexpr const char* description =
    "Cloud node of DVFO: serves the remote half of a model to edge nodes.\n\n"
    "Prints 'listening on HOST:PORT' once it is ready. SIGINT or SIGTERM finishes what is in flight, then ends.\n\n"
    "Examples:\n"
    "  dvfo-cloud --bundle cifar100 --listen 127.0.0.1:7070\n"
    "  dvfo-cloud --bundle ./my-bundle --listen 127.0.0.1:0 --workers 2 --max-batch 32\n"
    "  DVFO_CLOUD_MAX_BATCH=8 dvfo-cloud --config /etc/dvfo/cloud.toml\n";

int run(int argc, const char* const* argv) {
  dvfo::inference::prepare_for_single_images();
  std::promise<int> stopped;
  dvfo::configuration::stop_signals signals;  // its thread uses the promise, which outlives it
  dvfo::cloud_node::settings settings;
  std::string log_level = "info";
  pid_t parent = 0;
  dvfo::configuration::settings_table table;
  dvfo::cloud_node::declare(table, settings);
  dvfo::configuration::add_log_level(table, log_level);
  dvfo::configuration::add_parent(table, parent);

  CLI::App app(description, "dvfo-cloud");
  app.set_version_flag("--version", dvfo::configuration::version_text("dvfo-cloud"));
  app.footer(dvfo::configuration::exit_code_help);
  table.attach(app);
  if (const auto code = dvfo::configuration::parse_command_line(app, argc, argv)) return *code;
  table.settle();
  dvfo::configuration::start_log("dvfo-cloud", log_level);
  if (parent > 0) dvfo::configuration::stop_with_parent(parent);

  auto where = dvfo::configuration::parse_address(settings.listen, "listen");
  dvfo::cloud_node::cloud_node node(settings);
  where.port = node.listen();
  spdlog::info("serving bundle {} with {} worker(s)", node.manifest().name, settings.serving.workers);
  dvfo::files::print(fmt::format("listening on {}\n", dvfo::configuration::to_string(where)));

  signals.listen([&](int number) { stopped.set_value(number); });
  spdlog::info("signal {}: finishing what is in flight", stopped.get_future().get());
  node.drain();
  spdlog::info("stopped");
  return dvfo::configuration::exit_success;
}

}  // namespace

int main(int argc, char** argv) {
  return dvfo::configuration::run_guarded("dvfo-cloud", [&] { return run(argc, argv); });
}
