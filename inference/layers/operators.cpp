#include "inference/layers/operators.hpp"

#include <cmath>
#include <limits>

namespace dvfo::inference::operators {
namespace {

constexpr double layer_norm_epsilon = 1e-6;  // Dosovitskiy et al. 2021's code; LibTorch's own default is 1e-5

std::vector<std::int64_t> both(const window& of) { return {of.height, of.width}; }

/// LibTorch pads both sides alike; what differs is padded beforehand.
bool even_rim(const op& o) { return o.before == o.after; }

torch::Tensor padded(const op& o, const torch::Tensor& x, double value) {
  return torch::constant_pad_nd(x, {o.before.width, o.after.width, o.before.height, o.after.height}, value);
}

/// oneDNN 2.6 writes past its buffers in the gradient of a strided 1×1 convolution whose channels are no multiple of
/// eight (on processors with AVX2 alone). Picking the pixels first computes the same.
torch::Tensor strided_pointwise(const op& o, const torch::Tensor& x, const learned& what) {
  const auto all = std::numeric_limits<std::int64_t>::max();
  return torch::conv2d(x.slice(2, 0, all, o.stride).slice(3, 0, all, o.stride), what.weight, what.bias);
}

torch::Tensor convolve(const op& o, const torch::Tensor& x, const learned& what) {
  const bool pointwise = o.kind == op_kind::conv && o.kernel.height == 1 && o.kernel.width == 1;
  if (pointwise && o.stride > 1) return strided_pointwise(o, x, what);
  const std::int64_t groups = o.kind == op_kind::depthwise ? x.size(1) : 1;
  const bool even = even_rim(o);
  return torch::conv2d(even ? x : padded(o, x, 0.0), what.weight, what.bias, o.stride,
                       even ? both(o.before) : both(window(0)), 1, groups);
}

torch::Tensor max_pool(const op& o, const torch::Tensor& x) {
  const bool even = even_rim(o);
  return torch::max_pool2d(even ? x : padded(o, x, -std::numeric_limits<double>::infinity()), both(o.kernel), o.stride,
                           even ? both(o.before) : both(window(0)));
}

torch::Tensor average_pool(const op& o, const torch::Tensor& x) {
  const std::vector<std::int64_t> stride = {o.stride, o.stride};
  if (even_rim(o)) return torch::avg_pool2d(x, both(o.kernel), stride, both(o.before), false, false);
  const auto inside = padded(o, torch::ones_like(x.narrow(0, 0, 1).narrow(1, 0, 1)), 0.0);
  const auto sum = torch::avg_pool2d(padded(o, x, 0.0), both(o.kernel), stride);
  return sum / torch::avg_pool2d(inside, both(o.kernel), stride);
}

/// Heads lie one after the other in `x`, each with its queries, keys and values.
torch::Tensor attention(const op& o, const torch::Tensor& x) {
  const auto tokens = x.size(1);
  const auto heads = x.size(2) / (3 * o.head_size);
  const auto parts = x.view({x.size(0), tokens, heads, 3, o.head_size}).permute({3, 0, 2, 1, 4});
  const auto scores = torch::matmul(parts[0], parts[1].transpose(-2, -1)) / std::sqrt(static_cast<double>(o.head_size));
  return torch::matmul(torch::softmax(scores, -1), parts[2]).transpose(1, 2).flatten(2);
}

torch::Tensor lstm(const torch::Tensor& x, const learned& what) {
  const auto inputs = x.size(2);
  const auto of_state = what.weight.narrow(1, inputs, what.weight.size(1) - inputs).t();
  return recur(torch::linear(x, what.weight.narrow(1, 0, inputs), what.bias),
               [&](const torch::Tensor& state) { return torch::matmul(state, of_state); });
}

torch::Tensor with_class_token(const torch::Tensor& x, const learned& what) {
  const auto token = what.weight.view({1, 1, -1}).expand({x.size(0), 1, -1});
  return torch::cat({token, x}, 1) + what.bias;
}

}  // namespace

torch::Tensor keep(const torch::Tensor& tensor, std::int64_t dimension, const std::vector<channel_range>& ranges,
                   int unit) {
  if (ranges.size() == 1) return tensor.narrow(dimension, unit * ranges[0].first, unit * ranges[0].count);
  std::vector<torch::Tensor> parts;
  for (const auto& range : ranges) parts.push_back(tensor.narrow(dimension, unit * range.first, unit * range.count));
  return torch::cat(parts, dimension);
}

torch::Tensor activate(activation then, const torch::Tensor& x) {
  switch (then) {
    case activation::none:
      return x;
    case activation::relu:
      return torch::relu(x);
    case activation::relu6:
      // The same function; its gradient is one pass instead of four, but LibTorch 1.13 has it in float32 alone.
      return x.scalar_type() == torch::kFloat ? torch::hardtanh(x, 0.0, 6.0) : torch::clamp(x, 0.0, 6.0);
    case activation::relu20:
      return torch::clamp(x, 0.0, 20.0);
    case activation::leaky_relu:
      return torch::leaky_relu(x, 0.1);
    case activation::silu:
      return torch::silu(x);
    case activation::gelu:
      return torch::gelu(x);
    case activation::sigmoid:
      return torch::sigmoid(x);
  }
  return x;
}

torch::Tensor compute(const op& o, const std::vector<torch::Tensor>& inputs, const learned& what) {
  const torch::Tensor& x = inputs[0];
  switch (o.kind) {
    case op_kind::input:
    case op_kind::activate:
      return x;
    case op_kind::conv:
    case op_kind::depthwise:
      return convolve(o, x, what);
    case op_kind::add:
      return x + inputs[1];
    case op_kind::scale:
      return x * inputs[1].unsqueeze(2).unsqueeze(3);
    case op_kind::max_pool:
      return max_pool(o, x);
    case op_kind::average_pool:
      return average_pool(o, x);
    case op_kind::global_average:
      return x.mean({2, 3});
    case op_kind::concat:
      return torch::cat(inputs, 1);
    case op_kind::upsample:
      return torch::upsample_nearest2d(x, {inputs[1].size(2), inputs[1].size(3)});
    case op_kind::linear:
      return torch::linear(x, what.weight, what.bias);
    case op_kind::sequence:
      return x.flatten(2).transpose(1, 2);
    case op_kind::class_token:
      return with_class_token(x, what);
    case op_kind::first_token:
      return x.select(1, 0);
    case op_kind::layer_norm:
      return torch::layer_norm(x, {x.size(-1)}, what.weight, what.bias, layer_norm_epsilon);
    case op_kind::attention:
      return attention(o, x);
    case op_kind::lstm:
      return lstm(x, what);
  }
  return {};
}

torch::Tensor recur(const torch::Tensor& of_inputs,
                    const std::function<torch::Tensor(const torch::Tensor&)>& of_state) {
  const auto units = of_inputs.size(2) / 4;
  auto state = torch::zeros({of_inputs.size(0), units}, of_inputs.options());
  auto memory = state;
  std::vector<torch::Tensor> states;
  for (std::int64_t step = 0; step < of_inputs.size(1); ++step) {
    const auto sums = (of_inputs.select(1, step) + of_state(state)).view({-1, units, 4});
    const auto gate = [&](std::int64_t which) { return torch::sigmoid(sums.select(2, which)); };
    memory = gate(1) * memory + gate(0) * torch::tanh(sums.select(2, 2));
    state = gate(3) * torch::tanh(memory);
    states.push_back(state);
  }
  return torch::stack(states, 1);
}

bool has_weights(op_kind kind) {
  return kind == op_kind::conv || kind == op_kind::depthwise || kind == op_kind::linear || kind == op_kind::lstm ||
         kind == op_kind::class_token || kind == op_kind::layer_norm;
}

learned_shape shape_of(const graph& network, int index) {
  const op& o = network.at(index);
  const std::int64_t out = o.out.channels;
  const std::int64_t in = network.at(o.from[0]).out.channels;
  switch (o.kind) {
    case op_kind::conv:
      return {{out, in, o.kernel.height, o.kernel.width}, {out}};
    case op_kind::depthwise:
      return {{out, 1, o.kernel.height, o.kernel.width}, {out}};
    case op_kind::linear:
      return {{out, in}, {out}};
    case op_kind::lstm:
      return {{4 * out, in + out}, {4 * out}};
    case op_kind::class_token:
      return {{out}, {o.out.positions(), out}};
    case op_kind::layer_norm:
      return {{out}, {out}};
    default:
      return {};
  }
}

learned cut(const graph& network, int index, const learned& what, double width) {
  const op& o = network.at(index);
  const auto outputs = network.kept(index, width);
  const auto inputs = network.kept(o.from[0], width);
  const int unit = o.kind == op_kind::lstm ? 4 : 1;
  learned result;
  result.weight = keep(what.weight, 0, outputs, unit);
  if (o.kind == op_kind::conv || o.kind == op_kind::linear) result.weight = keep(result.weight, 1, inputs);
  if (o.kind == op_kind::lstm) {
    const int offset = network.at(o.from[0]).out.channels;
    auto columns = inputs;
    for (const auto& range : outputs) columns.push_back({offset + range.first, range.count});
    result.weight = keep(result.weight, 1, columns);
  }
  if (what.bias.defined()) result.bias = keep(what.bias, o.kind == op_kind::class_token ? 1 : 0, outputs, unit);
  return result;
}

}  // namespace dvfo::inference::operators
