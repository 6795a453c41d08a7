#include <CLI/CLI.hpp>
#include <memory>

#include "cli/commands/command.hpp"
#include "cli/data/data_get.hpp"
#include "configuration/settings.hpp"

namespace dvfo::cli {

using namespace configuration;
namespace {

struct data_command {
  std::string output = "cifar100";
  std::string url = cifar100_url;
  std::string checksum = cifar100_checksum;
  settings_table table;
};

}  // namespace

void add_data_get(CLI::App& data, action& chosen) {
  auto* get = data.add_subcommand("get", "download a data set from its home, resuming what was begun");
  get->require_subcommand(1);
  auto* cifar = get->add_subcommand("cifar100", "CIFAR-100, binary version, 169 MB");
  cifar->footer(
      "Goes through the proxy that http_proxy or https_proxy names, but for the hosts in no_proxy. What was begun is "
      "continued.\n\n"
      "Example:\n  dvfo data get cifar100 --output data/cifar100");
  const auto command = std::make_shared<data_command>();
  command->table.text("output", command->output, "DIR", "folder for the files; made when missing")
      .text("url", command->url, "URL", "where the archive lies")
      .text("checksum", command->checksum, "ALGORITHM:HEX", "digest that the archive must have (md5 or sha256)");
  command->table.attach(*cifar);
  cifar->callback([command, &chosen] {
    chosen = [command] {
      command->table.settle();
      data_get_options options;
      options.output = command->output;
      options.url = command->url;
      options.checksum = command->checksum;
      return run_data_get(options);
    };
  });
}

}  // namespace dvfo::cli
