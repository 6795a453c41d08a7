#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "cli/commands/command.hpp"
#include "cli/terminal/progress.hpp"
#include "cli/terminal/report.hpp"
#include "cli/terminal/table.hpp"
#include "configuration/exit_code.hpp"
#include "configuration/paths.hpp"
#include "configuration/settings.hpp"
#include "evaluation/appeals.hpp"
#include "inference/model.hpp"

namespace dvfo::cli {

using namespace configuration;
namespace {

constexpr const char* details =
    "Trains AppealNet's second head for a bundle: does the local network's answer do, or must the task appeal to the\n"
    "cloud with its input? The local network stays as it is; the head learns from the images that the bundle's "
    "training\n"
    "held back, by AppealNet's joint loss q * local + (1 - q) * cloud - beta * log q, and is judged on the test "
    "images.\n"
    "The threshold is chosen on the held-back images: the most answers kept that cost at most --loss points.\n"
    "Writes discriminator.toml beside the bundle, which 'dvfo evaluate schemes' then takes for appealnet.\n\n"
    "Examples:\n"
    "  dvfo train discriminator --bundle procedural --output mine.toml\n"
    "  dvfo train discriminator --bundle cifar100 --data /data/cifar100 --skipping-rate 0.7\n";

struct discriminator_command {
  inference::discriminator_options options;
  std::string bundle = default_bundle;
  std::string data;
  std::string output;
  std::string json;
  double loss = 1.0;
  double skipping_rate = -1.0;
  std::optional<int> held_back;
  int threads = 1;
  settings_table table;
};

struct opened_images {
  std::unique_ptr<inference::dataset> all;
  inference::held_back_parts parts;
  std::unique_ptr<inference::dataset> test;
};

opened_images open_images(const discriminator_command& command, const inference::bundle_manifest& manifest) {
  if (command.data.empty() && manifest.dataset != "procedural") {
    throw usage_error(fmt::format(
        "--data is missing: name the folder of {}, or set DVFO_DATA to the folder that holds it", manifest.dataset));
  }
  const auto held_back = command.held_back ? command.held_back : manifest.held_back;
  if (!held_back) {
    throw usage_error(fmt::format(
        "--held-back is missing: bundle {} is older than the manifest's key held_back, which tells how many training "
        "images it did not learn from; name the number in its recipe",
        manifest.name));
  }
  const auto where = manifest.dataset == "procedural" ? manifest.dataset : find_data(command.data, manifest.dataset);
  opened_images out;
  out.all = inference::open_dataset(where, inference::subset::train);
  out.parts = inference::hold_back(*out.all, static_cast<std::size_t>(*held_back));
  out.test = inference::open_dataset(where, inference::subset::test);
  return out;
}

nlohmann::json to_json(const inference::appeal_figures& at) {
  return {{"threshold", at.threshold},
          {"skipping_rate", at.skipping_rate},
          {"top1", at.top1},
          {"top1_accepted", at.top1_accepted},
          {"top1_appealed", at.top1_appealed}};
}

table_row to_row(const std::string& name, const inference::appeal_figures& at) {
  const auto or_dash = [](bool is_there, double value) { return is_there ? fmt::format("{:.2f}", value) : "–"; };
  return {name, fmt::format("{:.3f}", at.skipping_rate), fmt::format("{:.2f}", at.top1),
          or_dash(at.skipping_rate > 0.0, at.top1_accepted), or_dash(at.skipping_rate < 1.0, at.top1_appealed)};
}

inference::appeal_rule to_rule(const discriminator_command& command, const inference::bundle_manifest& manifest,
                               const inference::discriminator& head, const inference::appeal_figures& found,
                               double cloud_top1, std::size_t images) {
  inference::appeal_rule rule;
  rule.head = head;
  rule.threshold = found.threshold;
  rule.beta = command.options.beta;
  rule.bundle_id = manifest.id;
  rule.recipe =
      fmt::format("dvfo train discriminator --bundle {} --beta {} {} --seed {}", manifest.name, command.options.beta,
                  command.skipping_rate >= 0.0 ? fmt::format("--skipping-rate {}", command.skipping_rate)
                                               : fmt::format("--loss {}", command.loss),
                  command.options.seed);
  rule.dataset = manifest.dataset;
  rule.images = static_cast<std::int64_t>(images);
  rule.skipping_rate = found.skipping_rate;
  rule.top1 = found.top1;
  rule.cloud_top1 = cloud_top1;
  if (found.skipping_rate > 0.0) rule.top1_accepted = found.top1_accepted;
  if (found.skipping_rate < 1.0) rule.top1_appealed = found.top1_appealed;
  return rule;
}

int run_train_discriminator(discriminator_command& command) {
  command.table.settle();
  check_save("json", command.json);
  inference::prepare_for_single_images();
  inference::set_intra_op_threads(command.threads);
  const auto folder = find_bundle(command.bundle);
  const auto file =
      command.output.empty() ? inference::appeal_rule_file(folder) : std::filesystem::path(command.output);
  inference::check_output_of_rule(file);
  const auto bundle = inference::model_bundle::load(folder);
  const auto& manifest = bundle.manifest();
  const auto images = open_images(command, manifest);
  const auto held = evaluation::collect_appeals(bundle, *images.parts.held, show_images);
  const auto head = inference::train_discriminator(held, command.options);
  const auto test = evaluation::collect_appeals(bundle, *images.test, show_images);

  const double rate =
      command.skipping_rate >= 0.0 ? command.skipping_rate : inference::skipping_rate_within(head, command.loss, held);
  const auto at = [&](double wanted) {
    return inference::judge(head, inference::threshold_for(head, wanted, held), test);
  };
  std::vector<table_row> rows{{"skipping rate wanted", "found", "top-1, %", "of accepted", "of appealed"}};
  auto curve = nlohmann::json::array();
  for (int tenth = 0; tenth <= 10; ++tenth) {
    const auto found = at(tenth / 10.0);
    rows.push_back(to_row(fmt::format("{:.1f}", tenth / 10.0), found));
    curve.push_back(to_json(found));
  }
  const auto chosen = at(rate);
  rows.push_back(to_row(fmt::format("{:.2f}, chosen", rate), chosen));
  const auto rule = to_rule(command, manifest, head, chosen, at(0.0).top1, test.size());
  inference::save(rule, file);
  const nlohmann::json json = {{"bundle", manifest.name}, {"images", test.size()},     {"held_back", held.size()},
                               {"curve", curve},          {"chosen", to_json(chosen)}, {"file", file.string()}};
  publish(fmt::format("{}: learned from {} images held back, judged on {} test images\n{}wrote {}\n", manifest.name,
                      held.size(), test.size(), plain_table(rows), file.string()),
          json, command.json);
  return exit_success;
}

}  // namespace

void add_train_discriminator(CLI::App& train, action& chosen) {
  auto* sub = train.add_subcommand("discriminator", "train AppealNet's second head for a model bundle");
  sub->footer(std::string(details) + "\n" + exit_code_help);
  const auto command = std::make_shared<discriminator_command>();
  auto& options = command->options;
  command->table.text("bundle", command->bundle, "DIR", "model bundle: a folder, or a name in $DVFO_BUNDLES")
      .text("data", command->data, "DIR", "folder of the bundle's data set, or of data sets")
      .text("output", command->output, "FILE", "what is written; default: discriminator.toml in the bundle's folder")
      .real("loss", command->loss, {0.0, 100.0}, "POINTS",
            "top-1 below the cloud's that the kept answers may cost on the held-back images")
      .real("skipping-rate", command->skipping_rate, {-1.0, 1.0}, "SHARE",
            "of answers to keep, instead of --loss; below 0: by --loss")
      .real("beta", options.beta, {0.0, 100.0}, "NATS", "price of an appeal in the loss")
      .integer("held-back", command->held_back, {1, 10'000'000}, "N",
               "training images that the bundle did not learn from; default: as its manifest says")
      .integer("seed", options.seed, {0, 1e18}, "N", "start of every random choice")
      .integer("threads", command->threads, {1, 256}, "N", "LibTorch threads inside one operator")
      .text("json", command->json, "FILE", "the figures as JSON; '-' is standard output");
  command->table.attach(*sub);
  sub->callback([command, &chosen] { chosen = [command] { return run_train_discriminator(*command); }; });
}

}  // namespace dvfo::cli
