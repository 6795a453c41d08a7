#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/commands/command.hpp"
#include "cli/terminal/progress.hpp"
#include "cli/terminal/table.hpp"
#include "configuration/exit_code.hpp"
#include "configuration/paths.hpp"
#include "configuration/settings.hpp"
#include "files/standard_streams.hpp"
#include "inference/training/trainer.hpp"

namespace dvfo::cli {

using namespace configuration;
namespace {

constexpr const char* details =
    "Trains extractor, attention, local and remote network together over random shares, then measures the result on "
    "the\n"
    "test images and writes it all as a model bundle. Every epoch leaves a checkpoint: the same command after a kill "
    "goes\n"
    "on where it was. The same seed and thread count give the same bundle.\n\n"
    "Examples:\n"
    "  dvfo train model --data procedural --output bundles/mine\n"
    "  dvfo train model --config recipes/imagenette-mobilenet-v2.toml --output bundles/mine\n"
    "  dvfo train model --data /data/cifar100 --output bundles/cifar --base-width 48 --device cuda\n";

struct train_command {
  inference::training_options options;
  std::string output;
  std::string checkpoints;
  std::string start_from;
  std::string weights;
  std::string data = options.data;
  std::string dataset = "cifar100";
  std::int64_t base_width = options.base_width;
  std::int64_t feature_channels = options.feature_channels;
  std::int64_t feature_bits = options.feature_bits;
  std::int64_t reference_epochs = options.reference_epochs;
  std::int64_t joint_epochs = options.joint_epochs;
  std::int64_t width_epochs = options.width_epochs;
  std::int64_t quantisation_epochs = options.quantisation_epochs;
  std::int64_t held_back = options.held_back;
  std::int64_t batch_size = options.batch_size;
  std::int64_t small_side = options.small_side;
  std::int64_t seed = static_cast<std::int64_t>(options.seed);
  std::int64_t threads = options.threads;
  settings_table table;
};

void declare(train_command& command) {
  auto& options = command.options;
  command.table
      .text("data", command.data, "PLACE", "'procedural', or the folder of CIFAR-100 or of an ImageNet-style set")
      .text("dataset", command.dataset, "NAME", "which of them, where --data is a folder of data sets")
      .text("output", command.output, "DIR", "folder of the bundle (required)")
      .text("checkpoint", command.checkpoints, "DIR",
            "where checkpoints go; default: the output's name with .checkpoint")
      .text("start-from", command.start_from, "BUNDLE",
            "a bundle to go on from, by folder; its reference is kept, --reference-epochs has no effect")
      .text("weights", command.weights, "DIR",
            "published weights (NAME.f32, NAME.tsv, imagenet_labels.txt) to begin with and to learn from; a "
            "relative folder may also lie below --data")
      .text("name", options.name, "NAME", "the bundle's name; default: dataset-architecture-wWIDTH")
      .text("arch", options.architecture, "NAME", "network to train")
      .integer("base-width", command.base_width, {4, 1024}, "N",
               "channels of the first stage; the published ResNet-18 has 64")
      .integer("feature-channels", command.feature_channels, {4, 4096}, "N",
               "channels that edge and cloud share between them")
      .integer("feature-bits", command.feature_bits, {2, 8}, "BITS", "bits a value on the wire: 8, 4, 3 or 2")
      .integer("reference-epochs", command.reference_epochs, {0, 10'000}, "N",
               "epochs of the unsplit float model by itself")
      .integer("joint-epochs", command.joint_epochs, {0, 10'000}, "N",
               "epochs of all parts together over random shares; 0 only with --start-from")
      .integer("width-epochs", command.width_epochs, {0, 10'000}, "N",
               "after those, of every narrower width of the local network by itself, with weights of its own; 0: all "
               "widths share one set")
      .integer("quantisation-epochs", command.quantisation_epochs, {0, 10'000}, "N",
               "the last ones of either, with fake quantisation")
      .integer("held-back", command.held_back, {1, 1'000'000}, "N",
               "training images kept aside to choose the fusion weights")
      .integer("batch-size", command.batch_size, {2, 65'536}, "N", "images a step")
      .real("crop-scale", options.crop_scale, {0.05, 1.0}, "SHARE",
            "least share of a picture's area that a random crop keeps; 1: the picture is only shifted")
      .integer("small-side", command.small_side, {0, 8192}, "N",
               "early epochs see parts of pictures, so many pixels high, for speed: three quarters of the reference's, "
               "all before the quantisation epochs; 0: whole pictures")
      .choice("optimiser", options.optimiser, {"sgd", "adamw"}, "adamw for transformers, with rates near 0.001")
      .real("reference-rate", options.reference_rate, {1e-6, 10.0}, "RATE", "peak learning rate of the reference")
      .real("joint-rate", options.joint_rate, {1e-6, 10.0}, "RATE", "peak learning rate of all parts together")
      .real("width-rate", options.width_rate, {1e-6, 10.0}, "RATE", "peak learning rate of the widths by themselves")
      .real("weight-decay", options.weight_decay, {0.0, 1.0}, "WEIGHT", "pull of the weights towards zero")
      .real("label-smoothing", options.label_smoothing, {0.0, 0.9}, "SHARE", "of the reference's labels")
      .real("distillation", options.distillation, {0.0, 1.0}, "WEIGHT",
            "the reference's soft answers against the labels")
      .real("temperature", options.temperature, {0.1, 100.0}, "T", "softening of both sides in distillation")
      .real("hint-weight", options.hint_weight, {0.0, 100.0}, "WEIGHT",
            "loss for maps between the layers that differ from the teacher's: for few images")
      .real("rate-weight", options.rate_weight, {0.0, 10.0}, "WEIGHT",
            "loss for every bit that a feature value costs on the wire")
      .real("skew-weight", options.skew_weight, {0.0, 100.0}, "WEIGHT",
            "loss for importance that the three leading channels lack")
      .real("skew-target", options.skew_target, {0.0, 1.0}, "SHARE", "importance that those three are to hold")
      .integer("seed", command.seed, {0, 1e18}, "N", "start of every random choice")
      .choice("device", options.device, {"cpu", "cuda"}, "where to train")
      .flag("bfloat16", options.bfloat16, "mixed precision where the processor has it; --bfloat16=false: float32")
      .integer("threads", command.threads, {0, 1024}, "N",
               "LibTorch threads; 0: its own choice, one for each physical core that it sees");
}

std::filesystem::path weights_folder(const train_command& command) {
  std::error_code unreadable;
  const auto inside = std::filesystem::path(command.data) / command.weights;
  return std::filesystem::is_directory(inside, unreadable) ? inside : std::filesystem::path(command.weights);
}

// What the table read, in the trainer's own types. The table has checked the ranges.
inference::training_options options_of(const train_command& command) {
  auto options = command.options;
  options.data = find_data(command.data, command.dataset);
  options.output = command.output;
  options.checkpoints = command.checkpoints;
  if (!command.weights.empty()) options.weights = weights_folder(command);
  if (!command.start_from.empty()) options.start_from = find_bundle(command.start_from);
  options.base_width = static_cast<int>(command.base_width);
  options.feature_channels = static_cast<int>(command.feature_channels);
  options.feature_bits = static_cast<int>(command.feature_bits);
  options.reference_epochs = static_cast<int>(command.reference_epochs);
  options.joint_epochs = static_cast<int>(command.joint_epochs);
  options.width_epochs = static_cast<int>(command.width_epochs);
  options.quantisation_epochs = static_cast<int>(command.quantisation_epochs);
  options.held_back = static_cast<int>(command.held_back);
  options.batch_size = static_cast<int>(command.batch_size);
  options.small_side = static_cast<int>(command.small_side);
  options.seed = static_cast<std::uint64_t>(command.seed);
  options.threads = static_cast<int>(command.threads);
  return options;
}

// One line, drawn over on a terminal; elsewhere a line an epoch, so that a log stays readable.
void show(const inference::training_progress& now) {
  const auto fraction = now.batches == 0 ? 0.0 : static_cast<double>(now.batch) / static_cast<double>(now.batches);
  const auto line =
      fmt::format("{} {}/{} {}  loss {:.3f}  accuracy {:5.2f} %  {} left", now.phase, now.epoch, now.epochs,
                  progress_bar(fraction), now.loss, now.accuracy, clock_text(now.remaining_seconds));
  const bool epoch_ends = now.batch == now.batches;
  if (stderr_is_terminal()) {
    files::tell(fmt::format("\r{:<110}{}", line, epoch_ends ? "\n" : ""));
  } else if (epoch_ends) {
    files::tell(line + '\n');
  }
}

std::string rendered(const inference::bundle_manifest& manifest) {
  std::vector<table_row> rows{{"share", "λ", "top-1, %", "loss, points"}};
  for (const auto& each : manifest.figures) {
    rows.push_back({fmt::format("{:.2f}", each.share), fmt::format("{:.2f}", each.lambda),
                    fmt::format("{:.2f}", each.top1), fmt::format("{:.2f}", manifest.reference_top1 - each.top1)});
  }
  const auto given =
      manifest.given_top1 ? fmt::format(", published network unsplit {:.2f} %", *manifest.given_top1) : std::string();
  return fmt::format("{}: unsplit float reference {:.2f} %{}\n{}", manifest.name, manifest.reference_top1, given,
                     plain_table(rows));
}

int run_train(train_command& command) {
  command.table.settle();
  if (command.output.empty()) throw usage_error("--output is missing: name the folder that the bundle is written to");
  const auto bundle = inference::train_model(inference::completed(options_of(command)), show);
  files::print(fmt::format("{}wrote {}\n", rendered(bundle.manifest()), command.output));
  return exit_success;
}

}  // namespace

void add_train_model(CLI::App& train, action& chosen) {
  auto* model = train.add_subcommand("model", "train a model bundle");
  model->footer(std::string(details) + "\n" + exit_code_help);
  const auto command = std::make_shared<train_command>();
  declare(*command);
  command->table.attach(*model);
  model->callback([command, &chosen] { chosen = [command] { return run_train(*command); }; });
}

}  // namespace dvfo::cli
