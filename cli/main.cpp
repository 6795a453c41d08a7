#include <CLI/CLI.hpp>

#include "cli/commands/command.hpp"
#include "configuration/exit_code.hpp"
#include "configuration/program.hpp"
#include "configuration/settings.hpp"

namespace {

constexpr const char* description =
    "DVFO: an edge node and a cloud node classify images together.\n\n"
    "Examples:\n"
    "  dvfo demo                                  see one edge and one cloud process at work\n"
    "  dvfo infer cat.jpg dog.png                 classify your own images\n"
    "  dvfo evaluate accuracy --bundle cifar100 --data DIR\n"
    "  dvfo infer --help                          what a subcommand takes\n";

int run(int argc, const char* const* argv) {
  CLI::App app(description, "dvfo");
  app.set_version_flag("--version", dvfo::configuration::version_text("dvfo"));
  app.footer(dvfo::configuration::exit_code_help);
  app.require_subcommand(1);
  dvfo::cli::action chosen;
  dvfo::cli::add_commands(app, chosen);
  if (const auto code = dvfo::configuration::parse_command_line(app, argc, argv)) return *code;
  return chosen();
}

}  // namespace

int main(int argc, char** argv) {
  return dvfo::configuration::run_guarded("dvfo", [&] { return run(argc, argv); });
}
