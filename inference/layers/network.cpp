#include "inference/layers/network.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace dvfo::inference {
namespace {

constexpr double normalisation_epsilon = 1e-5;  // He et al. 2016 and every framework's default
constexpr double normalisation_momentum = 0.1;  // weight of the newest batch in the running statistics
constexpr double observer_momentum = 0.05;      // weight of the newest batch in an activation's range

torch::Tensor broadcastable(const torch::Tensor& per_output, const torch::Tensor& weight) {
  std::vector<std::int64_t> shape(static_cast<std::size_t>(weight.dim()), 1);
  shape[0] = -1;
  return per_output.view(shape);
}

/// Rounds to the 8-bit grid with straight-through gradients; the grid comes from the whole weight, so that all widths
/// share it.
torch::Tensor fake_quantise_weight(const torch::Tensor& cut, const torch::Tensor& scale) {
  const auto steps = broadcastable(scale, cut);
  const auto rounded = torch::clamp(torch::round(cut.detach() / steps), -127, 127) * steps;
  return cut + (rounded - cut.detach());
}

/// An observer never leaves its range at 0…0.
bool has_seen(const activation_range& range) {
  return range.highest.item<float>() != 0.0F || range.lowest.item<float>() != 0.0F;
}

std::pair<float, float> bounds(const activation_range& seen) {
  const float lowest = seen.lowest.item<float>();
  return {lowest, std::max(seen.highest.item<float>(), lowest + 1e-6F)};
}

/// Start of training: He et al. 2015 for convolutions, smaller for what is followed by no normalisation.
torch::Tensor first_weight(const op& o, const std::vector<std::int64_t>& shape) {
  if (o.kind == op_kind::layer_norm) return torch::ones(shape);
  if (o.kind == op_kind::class_token) return torch::zeros(shape);
  const double window = o.kernel.height * o.kernel.width;
  double fan = 3.0 * static_cast<double>(shape[1]);
  if (o.kind == op_kind::conv) fan = o.out.channels * window / 2.0;
  if (o.kind == op_kind::depthwise) fan = window / 2.0;
  return torch::randn(shape) / std::sqrt(fan);
}

/// Names of an operator's tensors. Bundles keep what is called a weight in few bits (bundle/weights.cpp), so only what
/// is multiplied channel by channel may be.
std::pair<const char*, const char*> tensor_names(op_kind kind) {
  if (kind == op_kind::layer_norm) return {"scale", "shift"};
  if (kind == op_kind::class_token) return {"token", "positions"};
  return {"weight", "bias"};
}

torch::Tensor first_bias(const op& o, const std::vector<std::int64_t>& shape) {
  constexpr double position_deviation = 0.02;  // Dosovitskiy et al. 2021's code
  return o.kind == op_kind::class_token ? torch::randn(shape) * position_deviation : torch::zeros(shape);
}

}  // namespace

bool has_own_grid(op_kind kind) {
  return kind != op_kind::global_average && kind != op_kind::max_pool && kind != op_kind::average_pool &&
         kind != op_kind::upsample && kind != op_kind::sequence && kind != op_kind::first_token;
}

bool is_curved(activation then) {
  return then == activation::leaky_relu || then == activation::silu || then == activation::gelu ||
         then == activation::sigmoid;
}

bool has_products(op_kind kind) {
  return operators::has_weights(kind) && kind != op_kind::class_token && kind != op_kind::layer_norm;
}

torch::Tensor weight_scale(const torch::Tensor& weight) {
  return weight.detach().abs().flatten(1).amax(1).clamp_min(1e-8) / 127.0;
}

network_impl::network_impl(graph layout, std::vector<double> widths)
    : layout_(std::move(layout)), widths_(std::move(widths)) {
  layers_.resize(layout_.ops().size());
  for (std::size_t i = 0; i < layers_.size(); ++i) add_parameters(static_cast<int>(i));
}

void network_impl::add_parameters(int index) {
  const op& o = layout_.at(index);
  layer& l = layers_[static_cast<std::size_t>(index)];
  if (operators::has_weights(o.kind) && o.weights_of < 0) {
    const auto shapes = operators::shape_of(layout_, index);
    const auto [weight, bias] = tensor_names(o.kind);
    auto& own = l.own.emplace_back();
    own.weight = register_parameter(fmt::format("op{}_{}", index, weight), first_weight(o, shapes.weight));
    if (!o.normalised) own.bias = register_parameter(fmt::format("op{}_{}", index, bias), first_bias(o, shapes.bias));
  }
  for (std::size_t v = 0; v < widths_.size(); ++v) add_variant(index, v);
}

void network_impl::add_variant(int index, std::size_t variant) {
  const op& o = layout_.at(index);
  layer& l = layers_[static_cast<std::size_t>(index)];
  const auto name = [&](const std::string& what) { return fmt::format("op{}_{}{}", index, what, variant); };
  const int channels = layout_.channels_at(index, widths_[variant]);
  if (o.normalised) {
    l.normalisations.push_back({register_parameter(name("gamma"), torch::ones({channels})),
                                register_parameter(name("beta"), torch::full({channels}, o.first_shift)),
                                register_buffer(name("mean"), torch::zeros({channels})),
                                register_buffer(name("variance"), torch::ones({channels}))});
  }
  const auto range = [&](const std::string& which) {
    return activation_range{register_buffer(name(which + "lowest"), torch::zeros({})),
                            register_buffer(name(which + "highest"), torch::zeros({}))};
  };
  if (has_own_grid(o.kind)) l.ranges.push_back(range(""));
  if (is_curved(o.then)) l.inner.push_back(range("inner_"));
}

const network_impl::layer& network_impl::owner_of(int index) const {
  const int owner = layout_.at(index).weights_of;
  return layers_[static_cast<std::size_t>(owner < 0 ? index : owner)];
}

/// Weights of a variant, before any rounding.
operators::learned network_impl::plain_weights(int index, std::size_t variant) const {
  const auto& own = owner_of(index).own;
  return own.size() > 1 ? own[variant] : operators::cut(layout_, index, own.front(), widths_[variant]);
}

/// The weight quantiser's step belongs to an output channel of the whole weight, so that all who share it share the
/// step; kept output channels lead.
torch::Tensor network_impl::weight_steps(int index, std::size_t variant, const torch::Tensor& cut) const {
  const auto& own = owner_of(index).own;
  return weight_scale(own[own.size() > 1 ? variant : 0].weight).narrow(0, 0, cut.size(0));
}

operators::learned network_impl::cut_weights(int index, std::size_t variant) const {
  const op_kind kind = layout_.at(index).kind;
  if (!operators::has_weights(kind)) return {};
  auto what = plain_weights(index, variant);
  if (fake_quantisation_ && has_products(kind)) {
    what.weight = fake_quantise_weight(what.weight, weight_steps(index, variant, what.weight));
  }
  return what;
}

bool network_impl::has_parted_weights() const {
  return std::any_of(layers_.begin(), layers_.end(), [](const layer& each) { return each.own.size() > 1; });
}

void network_impl::part_weights() {
  if (has_parted_weights()) return;
  for (int i = 0; i < static_cast<int>(layers_.size()); ++i) {
    for (std::size_t v = 1; v < widths_.size(); ++v) part_weights(i, v);
  }
}

void network_impl::part_weights(int index, std::size_t variant) {
  torch::NoGradGuard no_gradient;
  layer& l = layers_[static_cast<std::size_t>(index)];
  if (l.own.empty()) return;
  const auto [weight, bias] = tensor_names(layout_.at(index).kind);
  const auto cut = operators::cut(layout_, index, l.own.front(), widths_[variant]);
  auto& own = l.own.emplace_back();
  own.weight = register_parameter(fmt::format("op{}_{}{}", index, weight, variant), cut.weight.clone());
  if (cut.bias.defined()) {
    own.bias = register_parameter(fmt::format("op{}_{}{}", index, bias, variant), cut.bias.clone());
  }
}

void network_impl::set_parted(int index, std::size_t variant, const torch::Tensor& weight, const torch::Tensor& bias,
                              const std::vector<torch::Tensor>& values) {
  torch::NoGradGuard no_gradient;
  layer& l = layers_[static_cast<std::size_t>(index)];
  auto& own = l.own.at(variant);
  own.weight.copy_(weight);
  if (own.bias.defined()) own.bias.copy_(bias);
  if (l.normalisations.empty()) return;
  normalisation& n = l.normalisations[variant];
  n.gamma.fill_(1.0);
  n.beta.copy_(bias);
  n.mean.zero_();
  n.variance.fill_(1.0 - normalisation_epsilon);
  adopt_statistics(index, variant, values);
}

void network_impl::freeze_first_variant() {
  for (layer& l : layers_) {
    if (!l.own.empty()) {
      l.own.front().weight.set_requires_grad(false);
      if (l.own.front().bias.defined()) l.own.front().bias.set_requires_grad(false);
    }
    if (l.normalisations.empty()) continue;
    l.normalisations.front().gamma.set_requires_grad(false);
    l.normalisations.front().beta.set_requires_grad(false);
  }
}

torch::Tensor network_impl::normalise(int index, std::size_t variant, const torch::Tensor& y) {
  const normalisation& n = layers_[static_cast<std::size_t>(index)].normalisations[variant];
  return torch::batch_norm(y, n.gamma, n.beta, n.mean, n.variance, is_training() && index >= statistics_kept_below_,
                           normalisation_momentum, normalisation_epsilon, false);
}

torch::Tensor network_impl::quantise_activation(activation_range& seen, const torch::Tensor& x) const {
  if (observing_) {
    torch::NoGradGuard no_gradient;
    const auto [lowest, highest] = torch::aminmax(x.detach());
    const double weight = has_seen(seen) ? observer_momentum : 1.0;
    seen.lowest.lerp_(lowest.to(torch::kFloat).clamp_max(0.0), weight);
    seen.highest.lerp_(highest.to(torch::kFloat).clamp_min(1e-6), weight);
  }
  if (!fake_quantisation_) return x;
  const auto [low, high] = bounds(seen);
  const double scale = (high - low) / 255.0;
  const auto zero_point = static_cast<std::int64_t>(std::lround(-low / scale));
  return torch::fake_quantize_per_tensor_affine(x.to(torch::kFloat), scale, zero_point, 0, 255);
}

torch::Tensor network_impl::sums(int index, std::size_t variant, const std::vector<torch::Tensor>& values) {
  const op& o = layout_.at(index);
  std::vector<torch::Tensor> inputs;
  for (const int from : o.from) inputs.push_back(values[static_cast<std::size_t>(from)]);
  const auto y = operators::compute(o, inputs, cut_weights(index, variant));
  return o.normalised ? normalise(index, variant, y) : y;
}

torch::Tensor network_impl::run(int index, std::size_t variant, const std::vector<torch::Tensor>& values) {
  const op& o = layout_.at(index);
  auto y = sums(index, variant, values);
  layer& l = layers_[static_cast<std::size_t>(index)];
  if (is_curved(o.then)) y = quantise_activation(l.inner[variant], y);
  y = operators::activate(o.then, y);
  return has_own_grid(o.kind) ? quantise_activation(l.ranges[variant], y) : y;
}

std::vector<torch::Tensor> network_impl::values(const torch::Tensor& x, std::size_t variant) {
  std::vector<torch::Tensor> values;
  values.reserve(layers_.size());
  values.push_back(quantise_activation(layers_[0].ranges[variant], x));
  for (int i = 1; i < static_cast<int>(layers_.size()); ++i) values.push_back(run(i, variant, values));
  return values;
}

std::vector<torch::Tensor> network_impl::outputs(const torch::Tensor& x, std::size_t variant) {
  const auto all = values(x, variant);
  std::vector<torch::Tensor> answers;
  for (const int index : layout_.outputs()) answers.push_back(all[static_cast<std::size_t>(index)]);
  return answers;
}

network_impl::answer network_impl::explained(const torch::Tensor& x, std::size_t variant) {
  const auto all = values(x, variant);
  const int last_read = layout_.ops().back().from[0];
  answer out{all.back(), {}};
  for (int i = 1; i < static_cast<int>(all.size()); ++i) {
    const op_kind kind = layout_.at(i).kind;
    if (kind != op_kind::add && kind != op_kind::concat && i != last_read) continue;
    out.hints.push_back({all[static_cast<std::size_t>(i)], layout_.kept(i, widths_[variant])});
  }
  return out;
}

torch::Tensor network_impl::forward(const torch::Tensor& x, std::size_t variant) { return outputs(x, variant).back(); }

bool network_impl::set_folded(int index, const torch::Tensor& weight, const torch::Tensor& bias) {
  torch::NoGradGuard no_gradient;
  layer& l = layers_[static_cast<std::size_t>(index)];
  if (l.own.size() != 1 || l.own[0].weight.sizes() != weight.sizes() || bias.size(0) != weight.size(0)) return false;
  l.own[0].weight.copy_(weight);
  if (l.own[0].bias.defined()) l.own[0].bias.copy_(bias);
  for (auto& n : l.normalisations) {
    n.gamma.fill_(1.0);
    n.beta.copy_(bias.narrow(0, 0, n.beta.size(0)));
    n.mean.zero_();
    n.variance.fill_(1.0 - normalisation_epsilon);
  }
  return true;
}

void network_impl::adopt_statistics(const torch::Tensor& x) {
  torch::NoGradGuard no_gradient;
  for (std::size_t v = 0; v < widths_.size(); ++v) {
    std::vector<torch::Tensor> values{x};
    for (int i = 1; i < static_cast<int>(layers_.size()); ++i) {
      if (layout_.at(i).normalised) adopt_statistics(i, v, values);
      values.push_back(run(i, v, values));
    }
  }
}

/// y = γ·(x − μ)/σ + β for the old μ, σ and for the new ones.
void network_impl::adopt_statistics(int index, std::size_t variant, const std::vector<torch::Tensor>& values) {
  std::vector<torch::Tensor> inputs;
  for (const int from : layout_.at(index).from) inputs.push_back(values[static_cast<std::size_t>(from)]);
  const auto y = operators::compute(layout_.at(index), inputs, cut_weights(index, variant)).transpose(0, 1).flatten(1);
  normalisation& n = layers_[static_cast<std::size_t>(index)].normalisations[variant];
  const auto mean = y.mean(1);
  const auto variance = y.var(1, /*unbiased=*/false);
  const auto slope = n.gamma / torch::sqrt(n.variance + normalisation_epsilon);
  n.beta.copy_(n.beta + slope * (mean - n.mean));
  n.gamma.copy_(slope * torch::sqrt(variance + normalisation_epsilon));
  n.mean.copy_(mean);
  n.variance.copy_(variance);
}

void network_impl::freeze_below(int end) {
  statistics_kept_below_ = std::max(statistics_kept_below_, end);
  for (auto& each : named_parameters()) {
    if (std::stoi(each.key().substr(2)) < end) each.value().set_requires_grad(false);  // "op12_weight"
  }
}

void network_impl::freeze_weights_from(int first) {
  for (auto i = static_cast<std::size_t>(first); i < layers_.size(); ++i) {
    for (auto& own : layers_[i].own) {
      own.weight.set_requires_grad(false);
      if (own.bias.defined()) own.bias.set_requires_grad(false);
    }
  }
}

bool network_impl::copy_operator(const network_impl& from, int there, int here) {
  torch::NoGradGuard no_gradient;
  if (from.layout_.at(there).kind != layout_.at(here).kind) return false;
  const auto source_prefix = fmt::format("op{}_", there);
  const auto target_prefix = fmt::format("op{}_", here);
  std::vector<std::pair<torch::Tensor, torch::Tensor>> pairs;
  const auto match = [&](const auto& sources, const auto& targets) {
    for (const auto& target : targets) {
      if (!target.key().starts_with(target_prefix)) continue;
      const auto* source = sources.find(source_prefix + target.key().substr(target_prefix.size()));
      if (source == nullptr || source->sizes() != target.value().sizes()) return false;
      pairs.emplace_back(*source, target.value());
    }
    return true;
  };
  if (!match(from.named_parameters(), named_parameters()) || !match(from.named_buffers(), named_buffers()))
    return false;
  for (auto& [source, target] : pairs) target.copy_(source);
  return true;
}

network_impl::folded_layer network_impl::fold(int index, std::size_t variant) const {
  torch::NoGradGuard no_gradient;
  const op& o = layout_.at(index);
  if (!operators::has_weights(o.kind)) return {};
  const auto what = plain_weights(index, variant);
  if (!has_products(o.kind)) return {what.weight, what.bias, {}};
  const auto scale = weight_steps(index, variant, what.weight);
  if (!o.normalised) return {what.weight.clone(), what.bias.clone(), scale};
  const normalisation& n = layers_[static_cast<std::size_t>(index)].normalisations[variant];
  const auto factor = n.gamma / torch::sqrt(n.variance + normalisation_epsilon);
  return {what.weight * broadcastable(factor, what.weight), n.beta - n.mean * factor, scale * factor.abs()};
}

bool network_impl::has_ranges(std::size_t variant) const {
  const auto seen_by = [&](const std::vector<activation_range>& each) {
    return each.empty() || has_seen(each[variant]);
  };
  return std::all_of(layers_.begin(), layers_.end(),
                     [&](const layer& l) { return seen_by(l.ranges) && seen_by(l.inner); });
}

std::pair<float, float> network_impl::range(int index, std::size_t variant) const {
  return bounds(layers_[static_cast<std::size_t>(index)].ranges[variant]);
}

std::pair<float, float> network_impl::inner_range(int index, std::size_t variant) const {
  return bounds(layers_[static_cast<std::size_t>(index)].inner[variant]);
}

}  // namespace dvfo::inference
