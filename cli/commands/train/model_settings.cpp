#include "cli/commands/train/model_settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <type_traits>
#include <variant>

#include "cli/terminal/progress.hpp"
#include "configuration/paths.hpp"

namespace dvfo::cli {

using namespace configuration;
using inference::training_options;
namespace {

/// The flag's name for a quantity in words: "batch-size" for "batch size".
std::string flag_of(std::string option) {
  if (option == "architecture") return "arch";  // as in `dvfo describe`
  std::replace(option.begin(), option.end(), ' ', '-');
  return option;
}

const inference::training_number& number_called(std::string_view flag) {
  for (const auto& each : inference::training_numbers()) {
    if (flag_of(each.name) == flag) return each;
  }
  throw std::logic_error(fmt::format("the trainer has no number called {}", flag));
}

/// A flag for one of the trainer's numbers, in its range.
void add_number(settings_table& table, training_options& options, const char* flag, const char* value_name,
                const char* help) {
  const auto& number = number_called(flag);
  const range bounds = {number.range.lowest, number.range.highest};
  const auto add = [&]<class T>(T training_options::*member) {
    if constexpr (std::is_same_v<T, double>) {
      table.real(flag, options.*member, bounds, value_name, help);
    } else {
      table.integer(flag, options.*member, bounds, value_name, help);
    }
  };
  std::visit(add, number.member);
}

/// Every digit of it; empty where the option is absent.
std::string text_of(const training_options& options, const inference::training_number& which) {
  const auto text = [&]<class T>(T training_options::*member) -> std::string {
    if constexpr (std::is_same_v<T, std::optional<int>>) {
      return options.*member ? std::to_string(*(options.*member)) : std::string();
    } else {
      return fmt::format("{}", options.*member);
    }
  };
  return std::visit(text, which.member);
}

void declare_places(settings_table& table, model_request& request) {
  auto& options = request.options;
  table.text("data", options.data, "PLACE", "'procedural', or the folder of CIFAR-100 or of an ImageNet-style set")
      .text("dataset", request.dataset, "NAME", "which of them, where --data is a folder of data sets")
      .text("output", options.output, "DIR", "folder of the bundle (required)")
      .text("checkpoint", options.checkpoints, "DIR",
            "where checkpoints go; default: the output's name with .checkpoint")
      .text("start-from", options.start_from, "BUNDLE",
            "a bundle to go on from, by folder; its reference is kept, --reference-epochs has no effect")
      .text("weights", options.weights, "DIR",
            "published weights (NAME.f32, NAME.tsv, imagenet_labels.txt) to begin with and to learn from; a "
            "relative folder may also lie below --data")
      .text("name", options.name, "NAME", "the bundle's name; default: dataset-architecture-wWIDTH")
      .text("arch", options.architecture, "NAME", "network to train");
}

void declare_sizes(settings_table& table, training_options& options) {
  const auto number = [&](const char* flag, const char* value_name, const char* help) {
    add_number(table, options, flag, value_name, help);
  };
  number("base-width", "N", "channels of the first stage; the published ResNet-18 has 64");
  number("feature-channels", "N", "channels that edge and cloud share between them");
  number("feature-bits", "BITS", "bits a value on the wire: 8, 4, 3 or 2");
  number("reference-epochs", "N", "epochs of the unsplit float model by itself");
  number("joint-epochs", "N", "epochs of all parts together over random shares; 0 only with --start-from");
  number("width-epochs", "N",
         "after those, of every narrower width of the local network by itself, with weights of its own; 0: all widths "
         "share one set");
  number("quantisation-epochs", "N", "the last ones of either, with fake quantisation");
  number("held-back", "N",
         "training images kept aside to choose the fusion weights; default: 2000, at most a fifth of all");
  number("batch-size", "N", "images a step; default: 128, at most an eighth of those learned from");
}

void declare_learning(settings_table& table, training_options& options) {
  const auto number = [&](const char* flag, const char* value_name, const char* help) {
    add_number(table, options, flag, value_name, help);
  };
  number("crop-scale", "SHARE",
         "least share of a picture's area that a random crop keeps; 1: the picture is only shifted");
  number("small-side", "N",
         "early epochs see parts of pictures, so many pixels high, for speed: three quarters of the reference's, "
         "all before the quantisation epochs; 0: whole pictures");
  table.choice("optimiser", options.optimiser, {"sgd", "adamw"}, "adamw for transformers, with rates near 0.001");
  number("reference-rate", "RATE", "peak learning rate of the reference");
  number("joint-rate", "RATE", "peak learning rate of all parts together");
  number("width-rate", "RATE", "peak learning rate of the widths by themselves");
  number("weight-decay", "WEIGHT", "pull of the weights towards zero");
  number("label-smoothing", "SHARE", "of the reference's labels");
  number("distillation", "WEIGHT", "the reference's soft answers against the labels");
  number("temperature", "T", "softening of both sides in distillation");
  number("hint-weight", "WEIGHT", "loss for maps between the layers that differ from the teacher's: for few images");
  number("rate-weight", "WEIGHT", "loss for every bit that a feature value costs on the wire");
  number("skew-weight", "WEIGHT", "loss for importance that the three leading channels lack");
  number("skew-target", "SHARE", "importance that those three are to hold");
  number("seed", "N", "start of every random choice");
  table.choice("device", options.device, {"cpu", "cuda"}, "where to train")
      .flag("bfloat16", options.bfloat16, "mixed precision where the processor has it; --bfloat16=false: float32");
  number("threads", "N", "LibTorch threads; 0: its own choice, one for each physical core that it sees");
}

}  // namespace

void declare(settings_table& table, model_request& request) {
  declare_places(table, request);
  declare_sizes(table, request.options);
  declare_learning(table, request.options);
}

training_options found(const model_request& request) {
  auto options = request.options;
  if (!options.weights.empty()) {
    std::error_code unreadable;
    const auto inside = std::filesystem::path(options.data) / options.weights;
    if (std::filesystem::is_directory(inside, unreadable)) options.weights = inside;
  }
  options.data = find_data(options.data, request.dataset);
  if (options.data.ends_with('/') && options.data != "/") options.data.pop_back();  // its last name is the set's
  if (!options.start_from.empty()) options.start_from = find_bundle(options.start_from.string());
  return options;
}

std::string in_flags(const inference::option_error& problem) {
  const std::string_view text = problem.what();
  return fmt::format("--{}{}", flag_of(problem.option()), text.substr(problem.option().size()));
}

std::string recipe_of(const training_options& options) {
  // Always named, so that the command makes the same bundle in a release with other defaults.
  constexpr std::array<std::string_view, 11> always = {
      "base width", "feature channels", "feature bits",   "reference epochs", "joint epochs", "quantisation epochs",
      "held back",  "batch size",       "reference rate", "joint rate",       "seed"};
  const training_options usual;
  std::string text = "dvfo train model";
  const auto add = [&](const std::string& flag, const std::string& value) {
    text += fmt::format(" --{} {}", flag, value);
  };
  const auto name_of = [](const std::filesystem::path& folder) { return folder.filename().string(); };
  add("data", name_of(options.data));
  if (!options.start_from.empty()) add("start-from", name_of(options.start_from));
  if (!options.weights.empty()) add("weights", name_of(options.weights));
  add("arch", options.architecture);
  for (const auto& each : inference::training_numbers()) {
    const auto value = text_of(options, each);
    const bool is_told = each.name == std::string_view("width rate")
                             ? options.width_epochs > 0
                             : std::find(always.begin(), always.end(), each.name) != always.end();
    if (is_told || value != text_of(usual, each)) add(flag_of(each.name), value);
  }
  if (options.optimiser != usual.optimiser) add("optimiser", options.optimiser);
  if (options.device != usual.device) add("device", options.device);
  if (!options.bfloat16) text += " --bfloat16=false";
  return text;
}

std::string start_text(const inference::training_plan& plan, const training_options& options) {
  std::string phases;
  for (const auto& each : plan.phases) {
    phases += fmt::format("{}{} {} epochs", phases.empty() ? "" : ", ", each.name, each.epochs);
  }
  return fmt::format(
      "{}: {} training pictures of {} classes, {} x {} pixels, {} of them held back; {} test pictures\n"
      "{} with base width {}: {}; {} steps of {} pictures an epoch; about {} on {}\n",
      plan.dataset, plan.pictures, plan.classes, plan.side, plan.side, plan.held_back, plan.tested,
      options.architecture, options.base_width, phases, plan.steps, options.batch_size.value(),
      clock_text(plan.seconds), options.device);
}

}  // namespace dvfo::cli
