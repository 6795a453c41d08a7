#include "inference/measurement/logits.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "inference/batches.hpp"
#include "inference/bundle/weights.hpp"
#include "inference/codec/feature_codec.hpp"
#include "inference/execution/front_runtime.hpp"
#include "inference/execution/networks.hpp"
#include "inference/model.hpp"

namespace dvfo::inference {
namespace {

constexpr std::size_t batch_size = 100;  // images at a time: enough to keep the processor busy, small in memory

std::span<const float> row(const torch::Tensor& tensor, std::int64_t i) {
  const auto size = static_cast<std::size_t>(tensor[i].numel());
  return {tensor.data_ptr<float>() + static_cast<std::size_t>(i) * size, size};
}

/// The unsplit float model, prepared.
class reference_runner {
 public:
  explicit reference_runner(const model_bundle& bundle)
      : front_(*bundle.tensors().reference->stage), trunk_(*bundle.tensors().reference->trunk, 0) {}

  torch::Tensor forward(const torch::Tensor& images) const { return trunk_.forward(front_.forward(images).features); }

 private:
  front_runtime front_;
  float_network trunk_;
};

/// Everything that runs one batch; owns the prepared networks.
class runner {
 public:
  explicit runner(const model_bundle& bundle)
      : format_(bundle.manifest().format), front_(*bundle.tensors().split->stage), reference_(bundle) {
    const auto& split = bundle.tensors().split;
    imputed_ = split->imputed_local;
    for (std::size_t v = 0; v < split->local->widths().size(); ++v) locals_.emplace_back(*split->local, v);
    for (std::size_t v = 0; v < split->remote->widths().size(); ++v) remotes_.emplace_back(*split->remote, v);
  }

  torch::Tensor reference(const torch::Tensor& images) const { return reference_.forward(images); }
  attended extract(const torch::Tensor& images) const {
    auto out = front_.forward(images);
    return {out.features.contiguous(), out.importance.contiguous()};
  }

  /// Both halves at one share, each with what it does not get imputed; adds the frames' bytes to `bytes`.
  std::pair<torch::Tensor, torch::Tensor> run(const attended& extracted, std::size_t share, std::size_t& bytes) {
    auto kept = extracted.features.clone();
    auto sent = torch::zeros_like(kept);
    for (std::int64_t i = 0; i < kept.size(0); ++i) {
      const auto split = split_channels(row(extracted.importance, i), trained_shares[share]);
      if (split.secondary.empty()) continue;
      for (const auto channel : split.secondary) kept[i][channel].copy_(imputed_[channel].expand_as(kept[i][channel]));
      encode_features(format_, row(extracted.features, i), split.secondary, frame_);
      bytes += frame_.size();
      const auto target = row(sent, i);
      decode_features(format_, frame_, {const_cast<float*>(target.data()), target.size()});
    }
    return {share < locals_.size() ? locals_[share].forward(kept) : torch::Tensor(),
            share > 0 ? remotes_[share - 1].forward(sent) : torch::Tensor()};
  }

 private:
  const feature_format& format_;
  torch::Tensor imputed_;
  front_runtime front_;
  reference_runner reference_;
  std::vector<int8_network> locals_;
  std::vector<float_network> remotes_;
  std::vector<std::byte> frame_;
};

torch::Tensor join(const std::vector<torch::Tensor>& parts) {
  return parts.empty() || !parts.front().defined() ? torch::Tensor() : torch::cat(parts, 0);
}

}  // namespace

collected_logits collect_logits(const model_bundle& bundle, const dataset& data, std::size_t first, std::size_t last,
                                const count_callback& progress) {
  c10::InferenceMode inference;
  runner run(bundle);
  std::vector<torch::Tensor> labels;
  std::vector<torch::Tensor> reference;
  std::array<std::vector<torch::Tensor>, trained_shares.size()> local;
  std::array<std::vector<torch::Tensor>, trained_shares.size()> remote;
  std::array<std::size_t, trained_shares.size()> bytes{};
  for (std::size_t i = first; i < last; i += batch_size) {
    const image_store store(data, i, std::min(last, i + batch_size));
    const auto images = store.plain(0, batch_size);
    labels.push_back(images.labels);
    reference.push_back(run.reference(images.images));
    const auto extracted = run.extract(images.images);
    for (std::size_t s = 0; s < trained_shares.size(); ++s) {
      auto [l, r] = run.run(extracted, s, bytes[s]);
      local[s].push_back(l);
      remote[s].push_back(r);
    }
    progress(std::min(last, i + batch_size) - first, last - first);
  }
  collected_logits out{join(labels), join(reference), {}};
  for (std::size_t s = 0; s < trained_shares.size(); ++s) {
    out.shares[s] = {join(local[s]), join(remote[s]),
                     static_cast<double>(bytes[s]) / static_cast<double>(last - first)};
  }
  return out;
}

reference_logits collect_reference(const model_bundle& bundle, const dataset& data, const count_callback& progress) {
  c10::InferenceMode inference;
  const reference_runner reference(bundle);
  std::vector<torch::Tensor> labels;
  std::vector<torch::Tensor> logits;
  for (std::size_t i = 0; i < data.size(); i += batch_size) {
    const std::size_t end = std::min(data.size(), i + batch_size);
    const auto images = image_store(data, i, end).plain(0, batch_size);
    labels.push_back(images.labels);
    logits.push_back(reference.forward(images.images));
    progress(end, data.size());
  }
  return {join(labels), join(logits)};
}

double top1_percent(const torch::Tensor& logits, const torch::Tensor& labels) {
  return 100.0 * logits.argmax(1).eq(labels).to(torch::kDouble).mean().item<double>();
}

torch::Tensor fuse(const share_logits& halves, double lambda) {
  if (!halves.remote.defined()) return halves.local;
  if (!halves.local.defined()) return halves.remote;
  return lambda * halves.local + (1.0 - lambda) * halves.remote;
}

namespace {

/// Least cross-entropy of [N, classes] logits over all temperatures; convex in the temperature's inverse.
double loss_at_best_temperature(const torch::Tensor& logits, const torch::Tensor& wanted) {
  constexpr int newton_steps = 12;
  constexpr double largest_change = 3.0;  // keeps a step from a flat tail within what the curvature can tell
  const auto answer = (wanted * logits).sum(1);
  double inverse = 1.0;
  for (int step = 0; step < newton_steps; ++step) {
    const auto likely = torch::softmax(inverse * logits, 1);
    const auto mean = (likely * logits).sum(1);
    const double slope = (mean - answer).mean().item<double>();
    const double curvature = ((likely * logits.square()).sum(1) - mean.square()).mean().item<double>();
    const double better = inverse - slope / std::max(curvature, 1e-12);
    const double before = inverse;
    inverse = std::clamp(better, before / largest_change, before * largest_change);
    if (std::abs(inverse - before) < 1e-3 * before) break;
  }
  return -(wanted * torch::log_softmax(inverse * logits, 1)).sum(1).mean().item<double>();
}

}  // namespace

double best_lambda(const share_logits& halves, const torch::Tensor& wanted) {
  if (!halves.remote.defined()) return 1.0;
  if (!halves.local.defined()) return 0.0;
  double best = 0.5;
  double least = std::numeric_limits<double>::infinity();
  for (int hundredth = 0; hundredth <= 100; ++hundredth) {
    const double loss = loss_at_best_temperature(fuse(halves, hundredth / 100.0), wanted);
    if (loss < least) {
      least = loss;
      best = hundredth / 100.0;
    }
  }
  return best;
}

}  // namespace dvfo::inference
