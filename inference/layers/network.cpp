#include "inference/layers/network.hpp"

#include <fmt/format.h>

#include <cmath>

namespace dvfo::inference {
namespace {

constexpr double normalisation_epsilon = 1e-5;  // He et al. 2016 and every framework's default
constexpr double normalisation_momentum = 0.1;  // weight of the newest batch in the running statistics
constexpr double observer_momentum = 0.05;      // weight of the newest batch in an activation's range

torch::Tensor slice_weight(const torch::Tensor& weight, int outputs, int inputs) {
  return weight.narrow(0, 0, outputs).narrow(1, 0, inputs);
}

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

}  // namespace

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
  const auto name = [&](const std::string& what) { return fmt::format("op{}_{}", index, what); };
  if (o.kind == op_kind::conv || o.kind == op_kind::linear) {
    const int inputs = layout_.at(o.from[0]).channels;
    const double fan = o.kind == op_kind::conv ? o.channels * o.kernel * o.kernel / 2.0 : 3.0 * inputs;
    std::vector<std::int64_t> shape = {o.channels, inputs};
    if (o.kind == op_kind::conv) shape.insert(shape.end(), {o.kernel, o.kernel});
    l.weight = register_parameter(name("weight"), torch::randn(shape) / std::sqrt(fan));
    if (o.kind == op_kind::linear) l.bias = register_parameter(name("bias"), torch::zeros({o.channels}));
  }
  for (std::size_t v = 0; v < widths_.size(); ++v) {
    const auto of_variant = [&](const std::string& what) { return name(fmt::format("{}{}", what, v)); };
    const int channels = layout_.channels_at(index, widths_[v]);
    if (o.kind == op_kind::conv) {
      l.normalisations.push_back({register_parameter(of_variant("gamma"), torch::ones({channels})),
                                  register_parameter(of_variant("beta"), torch::zeros({channels})),
                                  register_buffer(of_variant("mean"), torch::zeros({channels})),
                                  register_buffer(of_variant("variance"), torch::ones({channels}))});
    }
    if (o.kind != op_kind::global_average) {
      l.ranges.push_back({register_buffer(of_variant("lowest"), torch::zeros({})),
                          register_buffer(of_variant("highest"), torch::zeros({}))});
    }
  }
}

torch::Tensor network_impl::cut_weight(int index, std::size_t variant) const {
  const op& o = layout_.at(index);
  const layer& l = layers_[static_cast<std::size_t>(index)];
  const auto cut = slice_weight(l.weight, layout_.channels_at(index, widths_[variant]),
                                layout_.channels_at(o.from[0], widths_[variant]));
  if (!fake_quantisation_) return cut;
  return fake_quantise_weight(cut, weight_scale(l.weight).narrow(0, 0, cut.size(0)));
}

torch::Tensor network_impl::convolve(int index, std::size_t variant, const torch::Tensor& x) {
  const op& o = layout_.at(index);
  const normalisation& n = layers_[static_cast<std::size_t>(index)].normalisations[variant];
  const auto y = torch::conv2d(x, cut_weight(index, variant), {}, o.stride, o.kernel / 2);
  const auto normalised = torch::batch_norm(y, n.gamma, n.beta, n.mean, n.variance, is_training(),
                                            normalisation_momentum, normalisation_epsilon, false);
  return o.relu ? torch::relu(normalised) : normalised;
}

torch::Tensor network_impl::quantise_activation(int index, std::size_t variant, const torch::Tensor& x) {
  activation_range& r = layers_[static_cast<std::size_t>(index)].ranges[variant];
  if (observing_) {
    torch::NoGradGuard no_gradient;
    const auto [lowest, highest] = torch::aminmax(x.detach());
    const bool first = r.highest.item<float>() == 0.0F && r.lowest.item<float>() == 0.0F;
    const double weight = first ? 1.0 : observer_momentum;
    r.lowest.lerp_(lowest.to(torch::kFloat).clamp_max(0.0), weight);
    r.highest.lerp_(highest.to(torch::kFloat).clamp_min(1e-6), weight);
  }
  if (!fake_quantisation_) return x;
  const auto [low, high] = range(index, variant);
  const double scale = (high - low) / 255.0;
  const auto zero_point = static_cast<std::int64_t>(std::lround(-low / scale));
  return torch::fake_quantize_per_tensor_affine(x.to(torch::kFloat), scale, zero_point, 0, 255);
}

torch::Tensor network_impl::run(int index, std::size_t variant, const std::vector<torch::Tensor>& values) {
  const op& o = layout_.at(index);
  const auto from = [&](std::size_t which) { return values[static_cast<std::size_t>(o.from[which])]; };
  switch (o.kind) {
    case op_kind::input:
      break;
    case op_kind::conv:
      return quantise_activation(index, variant, convolve(index, variant, from(0)));
    case op_kind::add_relu:
      return quantise_activation(index, variant, torch::relu(from(0) + from(1)));
    case op_kind::global_average:
      return from(0).mean({2, 3});
    case op_kind::linear:
      return quantise_activation(
          index, variant,
          torch::linear(from(0), cut_weight(index, variant), layers_[static_cast<std::size_t>(index)].bias));
  }
  return {};
}

torch::Tensor network_impl::forward(const torch::Tensor& x, std::size_t variant) {
  std::vector<torch::Tensor> values;
  values.reserve(layers_.size());
  values.push_back(quantise_activation(0, variant, x));
  for (std::size_t i = 1; i < layers_.size(); ++i) values.push_back(run(static_cast<int>(i), variant, values));
  return values.back();
}

network_impl::folded_layer network_impl::fold(int index, std::size_t variant) const {
  torch::NoGradGuard no_gradient;
  const op& o = layout_.at(index);
  const layer& l = layers_[static_cast<std::size_t>(index)];
  const auto cut = slice_weight(l.weight, layout_.channels_at(index, widths_[variant]),
                                layout_.channels_at(o.from[0], widths_[variant]));
  const auto scale = weight_scale(l.weight).narrow(0, 0, cut.size(0));
  if (o.kind == op_kind::linear) return {cut.clone(), l.bias.clone(), scale};
  const normalisation& n = l.normalisations[variant];
  const auto factor = n.gamma / torch::sqrt(n.variance + normalisation_epsilon);
  return {cut * broadcastable(factor, cut), n.beta - n.mean * factor, scale * factor.abs()};
}

std::pair<float, float> network_impl::range(int index, std::size_t variant) const {
  const activation_range& r = layers_[static_cast<std::size_t>(index)].ranges[variant];
  return {r.lowest.item<float>(), std::max(r.highest.item<float>(), r.lowest.item<float>() + 1e-6F)};
}

}  // namespace dvfo::inference
