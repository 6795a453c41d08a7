#include "inference/training/trainer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>
#include <optional>
#include <random>

#include "files/place.hpp"
#include "inference/bundle/weights.hpp"
#include "inference/data/dataset.hpp"
#include "inference/error.hpp"
#include "inference/file_errors.hpp"
#include "inference/measurement/published.hpp"
#include "inference/model.hpp"
#include "inference/training/calibration.hpp"
#include "inference/training/losses.hpp"
#include "inference/training/optimiser.hpp"
#include "inference/training/phase.hpp"
#include "inference/training/plan.hpp"
#include "inference/training/published_start.hpp"
#include "inference/training/unseen_widths.hpp"

namespace dvfo::inference {
namespace {

constexpr int leading_channels = 3;  // whose importance DVFO Fig. 7 shows
constexpr double half_weight = 0.3;  // weight of each half's own loss beside the fused one's

constexpr std::size_t local_shares = trained_shares.size() - 1;  // at which the local half answers

/// Convolutions train fastest with channels innermost.
void prefer_channels_last(torch::nn::Module& module) {
  for (auto& p : module.parameters()) {
    if (p.dim() == 4) p.set_data(p.contiguous(torch::MemoryFormat::ChannelsLast));
  }
}

/// Progress of what counts images.
count_callback counted(const progress_callback& progress, const char* what) {
  return [&progress, what](std::size_t done, std::size_t all) { progress({what, 1, 1, done, all, 0, 0, 0, 0}); };
}

/// One training run: its data, networks and phases.
class run {
 public:
  run(const training_options& options, const dataset& train, const dataset& test)
      : options_(options), device_(options.device), all_(train), test_(test) {
    parts_ = hold_back(all_, static_cast<std::size_t>(options.held_back.value()));
    torch::manual_seed(options.seed);
    architecture_ = make_architecture(options.architecture, sizes_of(options, all_));
    expect_trainable(architecture_, options, all_.image_size());
    reference_ = reference_network(architecture_);
    split_ = split_network(architecture_, options.feature_bits);
  }

  model_bundle train(const progress_callback& progress) {
    const image_store images(*parts_.kept, 0, parts_.kept->size());
    if (!options_.weights.empty()) start_from_weights(images, progress);
    if (options_.start_from.empty()) {
      train_reference(images, progress);
      start_split(images, progress);
    } else {
      start_from_bundle(model_bundle::load(options_.start_from));
    }
    train_jointly(images, progress);
    if (options_.width_epochs > 0) train_widths(images, progress);
    return finished(images, progress);
  }

 private:
  void start_from_weights(const image_store& images, const progress_callback& progress) {
    given_top1_ = measure_published(options_.weights, options_.architecture, sizes_of(options_, all_), test_,
                                    counted(progress, "published"))
                      .top1_of_labels;
    const auto weights = given_weights::load(options_.weights).restricted_to(all_.labels());
    published_.emplace(architecture_, weights, images, device_, counted(progress, "order"));
    published_->begin(reference_, split_);
  }

  void train_reference(const image_store& images, const progress_callback& progress) {
    if (!published_) {
      const auto [mean, deviation] = images.colour_statistics();
      reference_->stage->set_colour_statistics(mean, deviation);
    }
    reference_->to(device_);
    prefer_channels_last(*reference_);
    auto what = planned("reference", options_.reference_rate, *reference_);
    what.before_epoch = [this](int) { reference_->train(); };
    what.step = [this](const batch& data, std::uint64_t) { return reference_step(data); };
    run_phase(what, images, options_, progress);
    reference_->eval();
  }

  [[nodiscard]] std::filesystem::path checkpoint_of(const std::string& phase) const {
    return options_.checkpoints / (phase + ".pt");
  }

  /// What all phases have; each adds its steps.
  [[nodiscard]] phase planned(const std::string& name, double rate, torch::nn::Module& module) const {
    phase what;
    what.name = name;
    for (const auto& each : phases_of(options_)) {
      if (each.name != name) continue;
      what.epochs = each.epochs;
      what.small_epochs = each.small_epochs;
    }
    what.peak_rate = rate;
    what.small_side = options_.small_side;
    what.module = &module;
    what.checkpoint = checkpoint_of(name);
    return what;
  }

  step_result reference_step(const batch& data) {
    torch::Tensor logits;
    torch::Tensor teacher;
    {
      mixed_precision mixed(options_.bfloat16, device_.type());
      const auto images = data.images.contiguous(torch::MemoryFormat::ChannelsLast);
      if (published_) teacher = teach(images).logits;
      logits = reference_(images);
    }
    logits = logits.to(torch::kFloat);
    if (teacher.defined()) return {distilled_loss(logits, teacher, data.labels, options_), logits};
    const auto smoothing = torch::nn::functional::CrossEntropyFuncOptions().label_smoothing(options_.label_smoothing);
    return {torch::nn::functional::cross_entropy(logits, data.labels, smoothing), logits};
  }

  /// What the published network answers, or, where none was given, the reference.
  network_impl::answer teach(const torch::Tensor& images) {
    torch::NoGradGuard no_gradient;
    auto found =
        published_ ? published_->explain(images) : reference_->trunk->explained(reference_->stage(images).features);
    found.logits = found.logits.to(torch::kFloat);
    return found;
  }

  /// Networks of an earlier bundle: its reference stays what it is, its split networks learn on.
  void start_from_bundle(const model_bundle& earlier) {
    const auto& then = earlier.manifest();
    const auto now = manifest();
    if (then.labels != now.labels || then.architecture != now.architecture || then.base_width != now.base_width ||
        then.format.channels != now.format.channels || then.format.bits != now.format.bits) {
      throw error(errc::bad_argument,
                  fmt::format("{}: a bundle of {} with base width {}, {} feature channels and {} bits for {}; expected "
                              "the same as this run: {}, {}, {}, {} for {}",
                              options_.start_from.string(), then.architecture, then.base_width, then.format.channels,
                              then.format.bits, then.dataset, now.architecture, now.base_width, now.format.channels,
                              now.format.bits, now.dataset));
    }
    copy_tensors(*earlier.tensors().reference, *reference_);
    if (earlier.tensors().split->local->has_parted_weights()) split_->local->part_weights();
    if (earlier.tensors().split->remote->has_parted_weights()) split_->remote->part_weights();
    copy_tensors(*earlier.tensors().split, *split_);
    if (then.given_top1) keep_published(split_);
    given_top1_ = then.given_top1;
    earlier_recipe_ = then.recipe + " && ";
    reference_->to(device_);
    prefer_channels_last(*reference_);
    reference_->eval();
    split_->to(device_);
  }

  /// The split networks' first weights and steps, from the trained reference.
  void start_split(const image_store& images, const progress_callback& progress) {
    split_->to(device_);
    split_->start_from(reference_);
    split_->eval();
    const auto sample = extract(split_->stage, images.spread(512).images, device_);
    published_ ? split_->quantiser->fit(sample.features) : split_->quantiser->initialise(sample.features);
    split_->start_imputation(sample);
    if (!published_) return;
    split_->local->part_weights();
    if (!files::stands(checkpoint_of("joint"))) fit_from(1, images, progress);
  }

  void train_jointly(const image_store& images, const progress_callback& progress) {
    prefer_channels_last(*split_);
    auto what = planned("joint", options_.joint_rate, *split_);
    const int rounded_from = options_.joint_epochs - options_.quantisation_epochs;
    what.before_epoch = [=, this](int number) {
      split_->train();
      round_from(rounded_from, number);
    };
    what.step = [this](const batch& data, std::uint64_t step) { return joint_step(data, step); };
    run_phase(what, images, options_, progress);
    train_no_more();
  }

  void train_no_more() {
    split_->local->set_fake_quantisation(false);
    split_->local->set_observing(false);
    split_->eval();
  }

  /// The local trunk computes as int8 execution will from epoch `first` on, and observes ranges one epoch ahead.
  void round_from(int first, int epoch) {
    split_->local->set_observing(epoch + 1 >= first);
    split_->local->set_fake_quantisation(epoch >= first);
  }

  /// Each width by itself, with weights of its own: shared ones serve the full width first. What is sent does not
  /// change, nor what the remote half makes of it, unless published weights give it closed forms for every share.
  void train_widths(const image_store& images, const progress_callback& progress) {
    split_->local->part_weights();
    if (!published_) split_->local->freeze_first_variant();
    if (published_ && !files::stands(checkpoint_of("widths"))) fit_from(first_parted(), images, progress);
    split_->imputed_local.set_requires_grad(false);
    prefer_channels_last(*split_);
    auto what = planned("widths", options_.width_rate, *split_->local);
    const int rounded_from = std::max(0, options_.width_epochs - options_.quantisation_epochs);
    what.before_epoch = [=, this](int number) {
      split_->local->train();
      round_from(rounded_from, number);
    };
    what.step = [this](const batch& data, std::uint64_t) { return widths_step(data); };
    run_phase(what, images, options_, progress);
    train_no_more();
    if (published_) fit_shares(split_, reference_, images, device_, counted(progress, "fit"));
  }

  /// The full width serves as it came out of the joint training, unless it begins anew with what was published.
  [[nodiscard]] std::size_t first_parted() const { return published_ ? 0 : 1; }

  void fit_from(std::size_t first, const image_store& images, const progress_callback& progress) {
    fit_widths(split_, reference_, images, first, device_, counted(progress, "fit"));
  }

  step_result widths_step(const batch& data) {
    std::vector<network_impl::answer> answers;
    network_impl::answer teacher;
    {
      mixed_precision mixed(options_.bfloat16, device_.type());
      const auto images = data.images.contiguous(torch::MemoryFormat::ChannelsLast);
      teacher = teach(images);
      const auto extracted = attend(images);
      for (std::size_t s = first_parted(); s < local_shares; ++s) {
        answers.push_back(split_->answer_locally(extracted, s));
      }
    }
    auto loss = torch::zeros({}, device_);
    for (const auto& [logits, hints] : answers) {
      loss = loss + distilled_loss(logits.to(torch::kFloat), teacher.logits, data.labels, options_);
      if (options_.hint_weight > 0.0) loss = loss + options_.hint_weight * hint_loss(hints, teacher.hints);
    }
    return {loss, answers.front().logits.to(torch::kFloat)};
  }

  attended attend(const torch::Tensor& images) {
    torch::NoGradGuard no_gradient;
    return split_->stage(images);
  }

  /// Sandwich rule over shares (Yu & Huang 2019): in every step one end, at which one half answers alone, and one share
  /// between.
  step_result joint_step(const batch& data, std::uint64_t step) {
    std::mt19937_64 random(options_.seed * 7919 + step);
    const std::array<std::size_t, 2> chosen = {random() % 2 == 0 ? 0 : trained_shares.size() - 1,
                                               1 + random() % (trained_shares.size() - 2)};
    std::array<split_network_impl::halves, 2> answers;
    network_impl::answer teacher;
    attended extracted;
    {
      mixed_precision mixed(options_.bfloat16, device_.type());
      const auto images = data.images.contiguous(torch::MemoryFormat::ChannelsLast);
      teacher = teach(images);
      extracted = split_->stage(images);
      for (std::size_t i = 0; i < chosen.size(); ++i) answers[i] = split_(extracted, chosen[i]);
    }
    const auto loss_of = [&](const torch::Tensor& logits) {
      return distilled_loss(logits.to(torch::kFloat), teacher.logits, data.labels, options_);
    };
    const auto& end = answers[0].local.logits.defined() ? answers[0].local : answers[0].remote;
    const auto& [local, remote] = answers[1];
    const auto fused = split_->blend(answers[1], chosen[1]);
    auto loss = loss_of(end.logits) + loss_of(fused) + half_weight * (loss_of(local.logits) + loss_of(remote.logits));
    if (options_.hint_weight > 0.0) {
      for (const auto* each : {&end, &local, &remote}) {
        loss = loss + options_.hint_weight * hint_loss(each->hints, teacher.hints);
      }
    }
    if (options_.rate_weight > 0.0) loss = loss + options_.rate_weight * split_->quantiser->bits(extracted.features);
    if (options_.skew_weight > 0.0) {
      loss = loss + options_.skew_weight * skewness_loss(extracted.importance, leading_channels, options_.skew_target);
    }
    return {loss, fused};
  }

  model_bundle finished(const image_store& images, const progress_callback& progress) {
    observe_unseen_widths(split_, images, options_.batch_size.value(), device_);
    split_->to(torch::kCPU);
    reference_->to(torch::kCPU);
    const auto bundle =
        calibrated_bundle(manifest(), split_, reference_, {*parts_.held, test_, options_.distillation, options_.seed},
                          counted(progress, "calibration"), counted(progress, "measurement"));
    bundle.save(options_.output);
    return model_bundle::load(options_.output);
  }

  [[nodiscard]] bundle_manifest manifest() const {
    bundle_manifest out;
    out.name = options_.name;
    out.architecture = options_.architecture;
    out.dataset = all_.name();
    out.input_size = all_.image_size();
    out.base_width = options_.base_width;
    out.labels = all_.labels();
    out.format.channels = architecture_.features.channels;
    out.format.height = architecture_.features.height;
    out.format.width = architecture_.features.width;
    out.format.bits = options_.feature_bits;
    for (const double share : trained_shares) out.figures.push_back({share, 0.5, 0.0});
    out.given_top1 = given_top1_;
    out.held_back = options_.held_back;
    out.recipe = earlier_recipe_ + options_.recipe;
    return out;
  }

  training_options options_;
  torch::Device device_;
  const dataset& all_;  // that may be learned from
  const dataset& test_;
  held_back_parts parts_;
  architecture architecture_;
  std::string earlier_recipe_;                // of the bundle that this run goes on from
  std::optional<published_start> published_;  // the teacher, where published weights were given
  std::optional<double> given_top1_;
  reference_network reference_{nullptr};
  split_network split_{nullptr};
};

}  // namespace

model_bundle train_model(const training_options& options, const dataset& train, const dataset& test,
                         const progress_callback& progress) {
  const auto all = fitted(completed(options), train);
  model_bundle::check_place(all.output);
  with_file_errors_as(errc::io, "", [&] { files::make_folder(all.checkpoints); });
  if (all.threads > 0) set_intra_op_threads(all.threads);
  return run(all, train, test).train(progress);
}

model_bundle train_model(const training_options& options, const progress_callback& progress) {
  const auto train = open_dataset(options.data, subset::train);
  const auto test = open_dataset(options.data, subset::test);
  return train_model(options, *train, *test, progress);
}

}  // namespace dvfo::inference
