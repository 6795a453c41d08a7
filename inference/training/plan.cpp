#include "inference/training/plan.hpp"

#include <torch/torch.h>

#include <algorithm>
#include <chrono>
#include <functional>

#include "inference/batches.hpp"
#include "inference/layers/split_network.hpp"
#include "inference/model.hpp"
#include "inference/training/optimiser.hpp"
#include "inference/training/trainer.hpp"

namespace dvfo::inference {
namespace {

constexpr std::size_t tried_pictures = 8;  // time grows with pictures; a batch of a large network would take seconds

/// Networks of the form that is going to be trained, and pictures for them.
class trial {
 public:
  trial(const training_options& options, const dataset& data)
      : mixed_(options.bfloat16),
        device_(options.device),
        images_(image_store(data, 0, std::min(tried_pictures, data.size())).plain(0, tried_pictures).images) {
    const auto net = make_architecture(options.architecture, sizes_of(options, data));
    expect_trainable(net, options, data.image_size());
    reference_ = reference_network(net);
    split_ = split_network(net, options.feature_bits);
    reference_->to(device_);
    split_->to(device_);
    images_ = images_.to(device_).contiguous(torch::MemoryFormat::ChannelsLast);
  }

  /// Of one picture in one step of a phase.
  double seconds(const std::string& phase) {
    step(phase);  // kernels are prepared
    const auto begun = std::chrono::steady_clock::now();
    step(phase);
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begun;
    return passed.count() / static_cast<double>(images_.size(0));
  }

 private:
  void step(const std::string& phase) {
    auto sum = torch::zeros({}, device_);
    {
      const mixed_precision mixed(mixed_, device_.type());
      for (const auto& logits : answers(phase)) sum = sum + logits.to(torch::kFloat).sum();
    }
    sum.backward();
    if (device_.is_cuda()) torch::cuda::synchronize();
  }

  std::vector<torch::Tensor> answers(const std::string& phase) {
    if (phase == "reference") return {reference_(images_)};
    {
      torch::NoGradGuard no_gradient;
      reference_(images_);  // it teaches
    }
    const auto extracted = split_->stage(images_);
    if (phase == "joint") {
      const auto both = split_(extracted, 2);
      return {split_->answer_locally(extracted, 0).logits, both.local.logits, both.remote.logits};
    }
    std::vector<torch::Tensor> out;
    for (std::size_t s = 1; s < split_->local->widths().size(); ++s) {
      out.push_back(split_->answer_locally(extracted, s).logits);
    }
    return out;
  }

  bool mixed_;
  torch::Device device_;
  torch::Tensor images_;
  reference_network reference_{nullptr};
  split_network split_{nullptr};
};

/// Epochs of whole pictures that take as long as a phase's do.
double whole_epochs(const planned_phase& phase, const training_options& options, int side) {
  const double part = static_cast<double>(options.small_side) / side;
  return phase.epochs - phase.small_epochs * (1.0 - part * part);
}

}  // namespace

std::vector<planned_phase> phases_of(const training_options& options) {
  const auto before_rounding = [&](int epochs) { return std::max(0, epochs - options.quantisation_epochs); };
  std::vector<planned_phase> out;
  const auto add = [&](const char* name, int epochs, int small) {
    if (epochs > 0) out.push_back({name, epochs, options.small_side > 0 ? small : 0});
  };
  if (options.start_from.empty()) add("reference", options.reference_epochs, options.reference_epochs * 3 / 4);
  add("joint", options.joint_epochs, before_rounding(options.joint_epochs));
  add("widths", options.width_epochs, before_rounding(options.width_epochs));
  return out;
}

architecture_options sizes_of(const training_options& options, const dataset& data) {
  return {.input_size = data.image_size(),
          .classes = static_cast<int>(data.labels().size()),
          .base_width = options.base_width,
          .feature_channels = options.feature_channels};
}

training_plan plan_training(const training_options& options, const dataset& train, const dataset& test) {
  if (options.threads > 0) set_intra_op_threads(options.threads);
  training_plan out;
  out.dataset = train.name();
  out.pictures = train.size();
  out.held_back = static_cast<std::size_t>(options.held_back.value());
  out.tested = test.size();
  out.classes = train.labels().size();
  out.side = train.image_size();
  out.phases = phases_of(options);
  const auto batch = static_cast<std::size_t>(options.batch_size.value());
  out.steps = (out.pictures - out.held_back) / batch;
  trial tried(options, train);
  for (const auto& phase : out.phases) {
    out.seconds +=
        tried.seconds(phase.name) * static_cast<double>(out.steps * batch) * whole_epochs(phase, options, out.side);
  }
  return out;
}

}  // namespace dvfo::inference
