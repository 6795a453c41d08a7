#include "inference/training/options.hpp"

#include <fmt/format.h>
#include <torch/torch.h>

#include <algorithm>

#include "inference/error.hpp"
#include "inference/execution/processor.hpp"
#include "inference/training/trainer.hpp"

namespace dvfo::inference {
namespace {

template <class T>
void expect(const char* option, T value, T lowest, T highest) {
  if (value >= lowest && value <= highest) return;
  throw error(errc::bad_argument, fmt::format("{} is {}, expected {} to {}", option, value, lowest, highest));
}

}  // namespace

std::string recipe_of(const training_options& o) {
  const training_options usual;
  std::string rest;
  const auto add = [&rest](const char* name, double value, double otherwise) {
    if (value != otherwise) rest += fmt::format(" --{} {}", name, value);
  };
  if (o.optimiser != usual.optimiser) rest += fmt::format(" --optimiser {}", o.optimiser);
  add("crop-scale", o.crop_scale, usual.crop_scale);
  add("small-side", o.small_side, usual.small_side);
  add("weight-decay", o.weight_decay, usual.weight_decay);
  add("label-smoothing", o.label_smoothing, usual.label_smoothing);
  add("distillation", o.distillation, usual.distillation);
  add("temperature", o.temperature, usual.temperature);
  add("hint-weight", o.hint_weight, usual.hint_weight);
  add("rate-weight", o.rate_weight, usual.rate_weight);
  add("skew-weight", o.skew_weight, usual.skew_weight);
  add("skew-target", o.skew_target, usual.skew_target);
  if (o.width_epochs > 0) rest += fmt::format(" --width-epochs {} --width-rate {}", o.width_epochs, o.width_rate);
  if (o.device != usual.device) rest += fmt::format(" --device {}", o.device);
  if (!o.bfloat16) rest += " --bfloat16=false";
  if (o.threads > 0) rest += fmt::format(" --threads {}", o.threads);
  if (!o.weights.empty()) rest += fmt::format(" --weights {}", o.weights.filename().string());
  const auto start = o.start_from.empty() ? "" : fmt::format(" --start-from {}", o.start_from.filename().string());
  return fmt::format(
      "dvfo train model --data {}{} --arch {} --base-width {} --feature-channels {} --feature-bits {} "
      "--reference-epochs {} "
      "--joint-epochs {} --quantisation-epochs {} --held-back {} --batch-size {} --reference-rate {} --joint-rate {} "
      "--seed {}{}",
      std::filesystem::path(o.data).filename().string(), start, o.architecture, o.base_width, o.feature_channels,
      o.feature_bits, o.reference_epochs, o.joint_epochs, o.quantisation_epochs, o.held_back, o.batch_size,
      o.reference_rate, o.joint_rate, o.seed, rest);
}

training_options completed(training_options options) {
  expect("--base-width", options.base_width, 8, 256);
  expect("--feature-channels", options.feature_channels, 4, 256);
  expect("--reference-epochs", options.reference_epochs, 0, 1000);
  // Ranges are observed one epoch ahead of fake quantisation; a bundle brings its own.
  const int observed = options.start_from.empty() ? 1 : 0;
  expect("--joint-epochs", options.joint_epochs, observed, 1000);
  expect("--width-epochs", options.width_epochs, options.joint_epochs > 0 ? 0 : 1, 1000);
  expect("--quantisation-epochs", options.quantisation_epochs, 1,
         options.joint_epochs > 0 ? options.joint_epochs - observed : options.width_epochs);
  expect("--held-back", options.held_back, 100, 100000);
  expect("--batch-size", options.batch_size, 8, 4096);
  expect("--threads", options.threads, 0, 1024);
  if (options.feature_bits != 8 && options.feature_bits != 4 && options.feature_bits != 3 &&
      options.feature_bits != 2) {
    throw error(errc::bad_argument, fmt::format("--feature-bits is {}, expected 8, 4, 3 or 2", options.feature_bits));
  }
  if (options.device != "cpu" && options.device != "cuda") {
    throw error(errc::bad_argument, fmt::format("--device is \"{}\", expected cpu or cuda", options.device));
  }
  if (options.device == "cuda" && !torch::cuda::is_available()) {
    throw error(errc::bad_argument, "--device cuda: this LibTorch sees no CUDA device; use --device cpu");
  }
  if (!options.weights.empty() && !options.start_from.empty()) {
    throw error(errc::bad_argument, "--weights and --start-from exclude each other: one of them is the beginning");
  }
  options.bfloat16 = options.bfloat16 && (options.device == "cuda" || processor_has_bfloat16());
  if (options.output.empty())
    throw error(errc::bad_argument, "--output is missing: the folder that the bundle is written to");
  if (options.name.empty()) {
    options.name = fmt::format("{}-{}-w{}", std::filesystem::path(options.data).filename().string(),
                               options.architecture, options.base_width);
  }
  if (options.checkpoints.empty()) options.checkpoints = options.output.string() + ".checkpoint";
  return options;
}

namespace {

void expect_a_classifier(const architecture& net, const training_options& options) {
  const auto outputs = net.trunk.outputs();
  if (outputs.size() == 1 && net.trunk.at(outputs[0]).out.positions() == 1) return;
  throw error(errc::bad_argument,
              fmt::format("{} answers with {} map(s), not with one label for a picture: it cannot be trained on {}; "
                          "`dvfo describe --arch {}` tells its costs",
                          net.name, outputs.size(), options.data, net.name));
}

/// A network of convolutions takes pictures of any side; one with a learned place for every token does not.
void expect_any_side(const architecture& net, const training_options& options, int image_size) {
  constexpr int least = 16;  // pixels; below, deep maps are narrower than their kernels
  const auto& ops = net.whole.ops();
  const bool fixed =
      std::any_of(ops.begin(), ops.end(), [](const op& each) { return each.kind == op_kind::class_token; });
  if (!fixed && options.small_side >= least && options.small_side <= image_size) return;
  throw error(errc::bad_argument,
              fmt::format("--small-side is {}; expected {}", options.small_side,
                          fixed ? fmt::format("0: {} takes pictures of one size", net.name)
                                : fmt::format("0 or {} to the pictures' own {}", least, image_size)));
}

}  // namespace

void expect_trainable(const architecture& net, const training_options& options, int image_size) {
  expect_a_classifier(net, options);
  if (options.small_side > 0) expect_any_side(net, options, image_size);
}

}  // namespace dvfo::inference
