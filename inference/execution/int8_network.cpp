#include <fmt/format.h>

#include <cmath>

#include "inference/error.hpp"
#include "inference/execution/networks.hpp"
#include "inference/execution/quantised_operators.hpp"

namespace dvfo::inference {

int8_network::int8_network(const network_impl& trained, std::size_t variant) : layout_(trained.layout()) {
  torch::NoGradGuard no_gradient;
  quantised::select_engine();
  for (std::size_t i = 0; i < layout_.ops().size(); ++i) {
    const int index = static_cast<int>(i);
    layer next;
    if (layout_.at(index).kind != op_kind::global_average) next.grid = grid_of(trained, index, variant);
    next.packed = pack(trained, index, variant);
    layers_.push_back(std::move(next));
  }
}

int8_network::output_grid int8_network::grid_of(const network_impl& trained, int index, std::size_t variant) const {
  const auto [low, high] = trained.range(index, variant);
  const double scale = (static_cast<double>(high) - low) / 255.0;
  if (!(scale > 1e-8) || !std::isfinite(scale)) {
    throw error(errc::bad_bundle, fmt::format("operator {} of variant {} has the activation range {}…{}; expected a "
                                              "non-empty one: the model was not trained with quantisation",
                                              index, variant, low, high));
  }
  return {scale, static_cast<std::int64_t>(std::lround(-low / scale))};
}

c10::IValue int8_network::pack(const network_impl& trained, int index, std::size_t variant) const {
  const op& o = layout_.at(index);
  if (o.kind != op_kind::conv && o.kind != op_kind::linear) return {};
  const auto folded = trained.fold(index, variant);
  const auto zero_points = torch::zeros({folded.scale.size(0)}, torch::kLong);
  const auto weight = torch::quantize_per_channel(folded.weight.contiguous(), folded.scale.to(torch::kDouble),
                                                  zero_points, 0, torch::kQInt8);
  return o.kind == op_kind::conv ? quantised::pack_convolution(weight, folded.bias, o.stride, o.kernel / 2)
                                 : quantised::pack_linear(weight, folded.bias);
}

torch::Tensor int8_network::run(std::size_t index, const std::vector<torch::Tensor>& values) const {
  const op& o = layout_.ops()[index];
  const layer& l = layers_[index];
  const auto from = [&](std::size_t which) -> const torch::Tensor& {
    return values[static_cast<std::size_t>(o.from[which])];
  };
  switch (o.kind) {
    case op_kind::input:
      break;
    case op_kind::conv:
      return quantised::convolve(from(0), l.packed, o.relu, l.grid.scale, l.grid.zero_point);
    case op_kind::add_relu:
      return quantised::add_relu(from(0), from(1), l.grid.scale, l.grid.zero_point);
    case op_kind::global_average:
      return torch::adaptive_avg_pool2d(from(0), {1, 1}).flatten(1);
    case op_kind::linear:
      return quantised::linear(from(0), l.packed, l.grid.scale, l.grid.zero_point);
  }
  return {};
}

/// torch::quantize_per_tensor rounds one value at a time where LibTorch was built without FBGEMM, as Debian's is; this
/// is vectorised everywhere.
torch::Tensor int8_network::quantise_input(const torch::Tensor& x) const {
  const auto& grid = layers_.front().grid;
  auto levels = (x.contiguous(torch::MemoryFormat::ChannelsLast) * (1.0 / grid.scale)).round_();
  levels = levels.add_(static_cast<double>(grid.zero_point)).clamp_(0.0, 255.0).to(torch::kByte);
  return torch::_make_per_tensor_quantized_tensor(levels, grid.scale, grid.zero_point);
}

torch::Tensor int8_network::forward(const torch::Tensor& x) const {
  c10::InferenceMode inference;
  std::vector<torch::Tensor> values;
  values.reserve(layers_.size());
  values.push_back(quantise_input(x));
  for (std::size_t i = 1; i < layers_.size(); ++i) values.push_back(run(i, values));
  return values.back().dequantize();
}

}  // namespace dvfo::inference
