#include "inference/execution/networks.hpp"

namespace dvfo::inference {

float_network::float_network(const network_impl& trained, std::size_t variant) : layout_(trained.layout()) {
  torch::NoGradGuard no_gradient;
  for (std::size_t i = 0; i < layout_.ops().size(); ++i) {
    const op& o = layout_.ops()[i];
    if (o.kind != op_kind::conv && o.kind != op_kind::linear) {
      layers_.emplace_back();
      continue;
    }
    auto folded = trained.fold(static_cast<int>(i), variant);
    if (o.kind == op_kind::conv) folded.weight = folded.weight.contiguous(torch::MemoryFormat::ChannelsLast);
    layers_.push_back({folded.weight.detach(), folded.bias.detach()});
  }
}

torch::Tensor float_network::forward(const torch::Tensor& x) const {
  c10::InferenceMode inference;
  std::vector<torch::Tensor> values = {x.contiguous(torch::MemoryFormat::ChannelsLast)};
  values.reserve(layers_.size());
  for (std::size_t i = 1; i < layers_.size(); ++i) {
    const op& o = layout_.ops()[i];
    const layer& l = layers_[i];
    const torch::Tensor& first = values[static_cast<std::size_t>(o.from[0])];
    switch (o.kind) {
      case op_kind::input:
        break;
      case op_kind::conv: {
        auto y = torch::conv2d(first, l.weight, l.bias, o.stride, o.kernel / 2);
        values.push_back(o.relu ? y.relu_() : y);
        break;
      }
      case op_kind::add_relu:
        values.push_back((first + values[static_cast<std::size_t>(o.from[1])]).relu_());
        break;
      case op_kind::global_average:
        values.push_back(first.mean({2, 3}));
        break;
      case op_kind::linear:
        values.push_back(torch::linear(first, l.weight, l.bias));
        break;
    }
  }
  return values.back();
}

}  // namespace dvfo::inference
