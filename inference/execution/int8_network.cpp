#include <fmt/format.h>

#include <cmath>

#include "inference/error.hpp"
#include "inference/execution/networks.hpp"
#include "inference/execution/quantised_operators.hpp"

namespace dvfo::inference {
namespace {

/// Operators whose weights the engine packs for itself.
bool is_packed(op_kind kind) { return kind == op_kind::conv || kind == op_kind::depthwise || kind == op_kind::linear; }

/// Clipping below at 0; clipping above is done by the output's grid.
bool is_rectified(activation then) {
  return then == activation::relu || then == activation::relu6 || then == activation::relu20;
}

window both_sides(const op& o) { return o.before == o.after ? o.before : window(0); }

/// Levels around the map where LibTorch cannot pad both sides differently.
torch::Tensor with_rim(const op& o, const torch::Tensor& x, std::int64_t level) {
  if (o.before == o.after) return x;
  const auto levels =
      torch::constant_pad_nd(x.int_repr(), {o.before.width, o.after.width, o.before.height, o.after.height}, level);
  return torch::_make_per_tensor_quantized_tensor(levels, x.q_scale(), x.q_zero_point());
}

std::vector<std::int64_t> both(const window& of) { return {of.height, of.width}; }

/// Weights as the integers will have them, in float again.
torch::Tensor rounded(const torch::Tensor& weight, const torch::Tensor& scale) {
  if (!scale.defined()) return weight;
  return quantised::per_channel(weight, scale).dequantize();
}

}  // namespace

int8_network::int8_network(const network_impl& trained, std::size_t variant) : layout_(trained.layout()) {
  torch::NoGradGuard no_gradient;
  quantised::select_engine();
  for (std::size_t i = 0; i < layout_.ops().size(); ++i) {
    layers_.push_back(prepare(trained, static_cast<int>(i), variant));
  }
}

grid int8_network::grid_of(std::pair<float, float> range, int index, std::size_t variant) {
  const auto [low, high] = range;
  const double scale = (static_cast<double>(high) - low) / 255.0;
  if (!(scale > 1e-8) || !std::isfinite(scale)) {
    throw error(errc::bad_bundle, fmt::format("operator {} of variant {} has the activation range {}…{}; expected a "
                                              "non-empty one: the model was not trained with quantisation",
                                              index, variant, low, high));
  }
  return {scale, static_cast<std::int64_t>(std::lround(-low / scale))};
}

int8_network::layer int8_network::prepare(const network_impl& trained, int index, std::size_t variant) const {
  const op& o = layout_.at(index);
  layer next;
  if (has_own_grid(o.kind)) next.own = grid_of(trained.range(index, variant), index, variant);
  if (is_curved(o.then)) {
    next.inner = grid_of(trained.inner_range(index, variant), index, variant);
    next.curve = byte_table(o.then, next.inner, next.own);
  }
  auto folded = trained.fold(index, variant);
  if (!folded.weight.defined()) return next;
  if (folded.scale.defined()) folded.scale = quantised::exact_steps(folded.scale);
  if (o.kind == op_kind::lstm) {
    const auto inputs = folded.weight.size(1) - folded.bias.size(0) / 4;
    const auto weight = quantised::per_channel(folded.weight, folded.scale);
    next.packed = quantised::pack_linear(weight.narrow(1, 0, inputs).contiguous(), folded.bias);
    next.packed_state = quantised::pack_linear(weight.narrow(1, inputs, weight.size(1) - inputs).contiguous(),
                                               torch::zeros_like(folded.bias));
  } else if (!is_packed(o.kind)) {
    next.plain = {rounded(folded.weight, folded.scale), folded.bias};
  } else if (o.kind == op_kind::linear) {
    next.packed = quantised::pack_linear(quantised::per_channel(folded.weight, folded.scale), folded.bias);
  } else {
    const std::int64_t groups = o.kind == op_kind::depthwise ? folded.weight.size(0) : 1;
    next.packed = quantised::pack_convolution(quantised::per_channel(folded.weight, folded.scale), folded.bias,
                                              o.stride, both(both_sides(o)), groups);
  }
  return next;
}

/// torch::quantize_per_tensor rounds one value at a time where LibTorch was built without FBGEMM, as Debian's is; this
/// is vectorised everywhere.
torch::Tensor int8_network::quantise(const torch::Tensor& x, const grid& onto) {
  auto levels = (x * (1.0 / onto.scale)).round_();
  levels = levels.add_(static_cast<double>(onto.zero_point)).clamp_(0.0, 255.0).to(torch::kByte);
  return torch::_make_per_tensor_quantized_tensor(levels, onto.scale, onto.zero_point);
}

/// What has an integer kernel, onto a grid.
torch::Tensor int8_network::sums(std::size_t index, const std::vector<torch::Tensor>& inputs, const grid& onto) const {
  const op& o = layout_.ops()[index];
  const torch::Tensor& x = inputs[0];
  const bool relu = is_rectified(o.then);
  switch (o.kind) {
    case op_kind::conv:
    case op_kind::depthwise:
      return quantised::convolve(with_rim(o, x, x.q_zero_point()), layers_[index].packed, relu, onto.scale,
                                 onto.zero_point);
    case op_kind::linear:
      return quantised::linear(x.contiguous(), layers_[index].packed, relu, onto.scale, onto.zero_point);
    case op_kind::add:
      return quantised::add(x, inputs[1], relu, onto.scale, onto.zero_point);
    case op_kind::scale:
      return quantised::multiply(x, inputs[1].unsqueeze(2).unsqueeze(3), onto.scale, onto.zero_point);
    case op_kind::concat:
      return quantised::concatenate(inputs, onto.scale, onto.zero_point);
    case op_kind::max_pool:
      // Both numbers of every pair must be given: the quantised kernel reads the second unasked.
      return torch::max_pool2d(with_rim(o, x, 0), both(o.kernel), {o.stride, o.stride}, both(both_sides(o)), {1, 1});
    case op_kind::average_pool:
      return torch::avg_pool2d(x, both(o.kernel), {o.stride, o.stride}, both(both_sides(o)), false, false);
    case op_kind::global_average:
      return torch::adaptive_avg_pool2d(x, {1, 1}).flatten(1);
    case op_kind::upsample:
      return torch::upsample_nearest2d(x, {inputs[1].size(2), inputs[1].size(3)});
    case op_kind::sequence:
      return x.flatten(2).transpose(1, 2);
    case op_kind::first_token:
      return x.select(1, 0);
    default:
      return {};
  }
}

torch::Tensor int8_network::lstm(const layer& l, const torch::Tensor& x) const {
  const auto of_inputs = quantised::linear_dynamic(x, l.packed);
  return operators::recur(of_inputs,
                          [&](const torch::Tensor& state) { return quantised::linear_dynamic(state, l.packed_state); });
}

torch::Tensor int8_network::run_in_float(std::size_t index, const std::vector<torch::Tensor>& inputs) const {
  const op& o = layout_.ops()[index];
  std::vector<torch::Tensor> values;
  for (const auto& each : inputs) values.push_back(each.dequantize());
  return quantise(operators::activate(o.then, operators::compute(o, values, layers_[index].plain)), layers_[index].own);
}

torch::Tensor int8_network::run(std::size_t index, const std::vector<torch::Tensor>& inputs) const {
  const op& o = layout_.ops()[index];
  const layer& l = layers_[index];
  switch (o.kind) {
    case op_kind::activate:
    case op_kind::class_token:
    case op_kind::layer_norm:
    case op_kind::attention:
      return run_in_float(index, inputs);
    case op_kind::lstm:
      return quantise(lstm(l, inputs[0].dequantize()), l.own);
    default:
      break;
  }
  if (!is_curved(o.then)) return sums(index, inputs, l.own);
  return l.curve.apply(sums(index, inputs, l.inner));
}

std::vector<torch::Tensor> int8_network::outputs(const torch::Tensor& x) const {
  c10::InferenceMode inference;
  std::vector<torch::Tensor> values;
  values.reserve(layers_.size());
  values.push_back(quantise(x.contiguous(torch::MemoryFormat::ChannelsLast), layers_.front().own));
  for (std::size_t i = 1; i < layers_.size(); ++i) {
    std::vector<torch::Tensor> inputs;
    for (const int from : layout_.ops()[i].from) inputs.push_back(values[static_cast<std::size_t>(from)]);
    values.push_back(run(i, inputs));
  }
  std::vector<torch::Tensor> answers;
  for (const int index : layout_.outputs()) answers.push_back(values[static_cast<std::size_t>(index)].dequantize());
  return answers;
}

torch::Tensor int8_network::forward(const torch::Tensor& x) const { return outputs(x).back(); }

}  // namespace dvfo::inference
