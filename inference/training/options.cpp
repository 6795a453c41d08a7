#include "inference/training/options.hpp"

#include <fmt/format.h>
#include <torch/torch.h>

#include <algorithm>
#include <array>
#include <optional>
#include <type_traits>
#include <variant>

#include "inference/error.hpp"
#include "inference/execution/processor.hpp"
#include "inference/training/trainer.hpp"

namespace dvfo::inference {
namespace {

using all = training_options;

constexpr double most_epochs = 1000;

constexpr std::array numbers = {
    training_number{"base width", {8, 256}, &all::base_width},
    training_number{"feature channels", {4, 256}, &all::feature_channels},
    training_number{"feature bits", {2, 8}, &all::feature_bits},
    training_number{"reference epochs", {0, most_epochs}, &all::reference_epochs},
    training_number{"joint epochs", {0, most_epochs}, &all::joint_epochs},
    training_number{"quantisation epochs", {1, most_epochs}, &all::quantisation_epochs},
    training_number{"width epochs", {0, most_epochs}, &all::width_epochs},
    training_number{"held back", {1, 100'000}, &all::held_back},
    training_number{"batch size", {8, 4096}, &all::batch_size},
    training_number{"reference rate", {1e-6, 10.0}, &all::reference_rate},
    training_number{"joint rate", {1e-6, 10.0}, &all::joint_rate},
    training_number{"width rate", {1e-6, 10.0}, &all::width_rate},
    training_number{"crop scale", {0.05, 1.0}, &all::crop_scale},
    training_number{"small side", {0, 8192}, &all::small_side},
    training_number{"weight decay", {0.0, 1.0}, &all::weight_decay},
    training_number{"label smoothing", {0.0, 0.9}, &all::label_smoothing},
    training_number{"distillation", {0.0, 1.0}, &all::distillation},
    training_number{"temperature", {0.1, 100.0}, &all::temperature},
    training_number{"hint weight", {0.0, 100.0}, &all::hint_weight},
    training_number{"rate weight", {0.0, 10.0}, &all::rate_weight},
    training_number{"skew weight", {0.0, 100.0}, &all::skew_weight},
    training_number{"skew target", {0.0, 1.0}, &all::skew_target},
    training_number{"seed", {0, 1e18}, &all::seed},
    training_number{"threads", {0, 1024}, &all::threads},
};

void expect(const char* option, double value, option_range range) {
  if (value >= range.lowest && value <= range.highest) return;
  throw option_error(option, fmt::format("{}, expected {} to {}", value, range.lowest, range.highest));
}

/// Absent where the option is.
std::optional<double> number_of(const training_options& options, const training_number& which) {
  const auto found = [&]<class T>(T training_options::*member) -> std::optional<double> {
    if constexpr (std::is_same_v<T, std::optional<int>>) {
      if (!(options.*member)) return std::nullopt;
      return *(options.*member);
    } else {
      return static_cast<double>(options.*member);
    }
  };
  return std::visit(found, which.member);
}

/// What one number of epochs leaves for another.
void expect_epochs_that_go_together(const training_options& options) {
  // Ranges are observed one epoch ahead of fake quantisation; a bundle brings its own.
  const int observed = options.start_from.empty() ? 1 : 0;
  expect("joint epochs", options.joint_epochs, {static_cast<double>(observed), most_epochs});
  expect("width epochs", options.width_epochs, {options.joint_epochs > 0 ? 0.0 : 1.0, most_epochs});
  const int left = options.joint_epochs > 0 ? options.joint_epochs - observed : options.width_epochs;
  expect("quantisation epochs", options.quantisation_epochs, {1.0, static_cast<double>(left)});
}

void expect_known_words(const training_options& options) {
  if (options.device != "cpu" && options.device != "cuda") {
    throw option_error("device", fmt::format("\"{}\", expected cpu or cuda", options.device));
  }
  if (options.device == "cuda" && !torch::cuda::is_available()) {
    throw option_error("device", "cuda, but this LibTorch sees no CUDA device; cpu is there");
  }
  if (options.optimiser != "sgd" && options.optimiser != "adamw") {
    throw option_error("optimiser", fmt::format("\"{}\", expected sgd or adamw", options.optimiser));
  }
  if (!options.weights.empty() && !options.start_from.empty()) {
    throw option_error("weights", "given beside a bundle to start from; only one of them can be the beginning");
  }
  if (options.output.empty())
    throw option_error("output", "missing, expected the folder that the bundle is written to");
}

}  // namespace

std::span<const training_number> training_numbers() { return numbers; }

training_options completed(training_options options) {
  for (const auto& each : numbers) {
    if (const auto value = number_of(options, each)) expect(each.name, *value, each.range);
  }
  if (const int bits = options.feature_bits; bits != 8 && bits != 4 && bits != 3 && bits != 2) {
    throw option_error("feature bits", fmt::format("{}, expected 8, 4, 3 or 2", bits));
  }
  expect_epochs_that_go_together(options);
  expect_known_words(options);
  options.bfloat16 = options.bfloat16 && (options.device == "cuda" || processor_has_bfloat16());
  if (options.name.empty()) {
    options.name = fmt::format("{}-{}-w{}", std::filesystem::path(options.data).filename().string(),
                               options.architecture, options.base_width);
  }
  if (options.checkpoints.empty()) options.checkpoints = options.output.string() + ".checkpoint";
  return options;
}

training_options fitted(training_options options, const dataset& train) {
  constexpr int usual_held_back = 2000;  // λ and fusions gain nothing from more
  constexpr int usual_batch = 128;
  constexpr int least_batch = 8;      // what kernels like to see multiples of
  constexpr int share_held_back = 5;  // one picture of so many, where there are few
  constexpr int least_steps = 8;      // an epoch; below that there are more pictures in a step than learning takes
  const auto pictures = static_cast<int>(train.size());
  if (!options.held_back) options.held_back = std::clamp(pictures / share_held_back, 1, usual_held_back);
  const int kept = pictures - *options.held_back;
  if (!options.batch_size) {
    options.batch_size = std::clamp(kept / least_steps / least_batch * least_batch, least_batch, usual_batch);
  }
  if (kept >= *options.batch_size) return options;
  const auto found =
      fmt::format("of {} training pictures of {} {} are held back, which leaves too few for a step of {}", pictures,
                  train.name(), *options.held_back, *options.batch_size);
  if (pictures <= least_batch) {
    throw error(errc::bad_dataset, fmt::format("{}; expected {} pictures at least", found, least_batch + 1));
  }
  throw option_error("held back",
                     fmt::format("{}; expected fewer, or smaller steps. Where neither is given, both go by "
                                 "the pictures that there are",
                                 found));
}

namespace {

void expect_a_classifier(const architecture& net, const training_options& options) {
  const auto outputs = net.trunk.outputs();
  if (outputs.size() == 1 && net.trunk.at(outputs[0]).out.positions() == 1) return;
  throw option_error("architecture",
                     fmt::format("{} answers with {} map(s), not with one label for a picture: it cannot be trained on "
                                 "{}, only described",
                                 net.name, outputs.size(), options.data));
}

/// A network of convolutions takes pictures of any side; one with a learned place for every token does not.
void expect_any_side(const architecture& net, const training_options& options, int image_size) {
  constexpr int least = 16;  // pixels; below, deep maps are narrower than their kernels
  const auto& ops = net.whole.ops();
  const bool fixed =
      std::any_of(ops.begin(), ops.end(), [](const op& each) { return each.kind == op_kind::class_token; });
  if (!fixed && options.small_side >= least && options.small_side <= image_size) return;
  throw option_error("small side",
                     fmt::format("{}, expected {}", options.small_side,
                                 fixed ? fmt::format("0: {} takes pictures of one size", net.name)
                                       : fmt::format("0 or {} to the pictures' own {}", least, image_size)));
}

}  // namespace

void expect_trainable(const architecture& net, const training_options& options, int image_size) {
  expect_a_classifier(net, options);
  if (options.small_side > 0) expect_any_side(net, options, image_size);
}

}  // namespace dvfo::inference
