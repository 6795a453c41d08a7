#include "inference/execution/networks.hpp"

namespace dvfo::inference {

float_network::float_network(const network_impl& trained, std::size_t variant) : layout_(trained.layout()) {
  torch::NoGradGuard no_gradient;
  for (std::size_t i = 0; i < layout_.ops().size(); ++i) {
    auto folded = trained.fold(static_cast<int>(i), variant);
    if (!folded.weight.defined()) {
      layers_.emplace_back();
      continue;
    }
    if (layout_.ops()[i].kind == op_kind::conv) {
      folded.weight = folded.weight.contiguous(torch::MemoryFormat::ChannelsLast);
    }
    layers_.push_back({folded.weight.detach(), folded.bias.detach()});
  }
}

std::vector<torch::Tensor> float_network::outputs(const torch::Tensor& x) const {
  c10::InferenceMode inference;
  std::vector<torch::Tensor> values = {x.contiguous(torch::MemoryFormat::ChannelsLast)};
  values.reserve(layers_.size());
  for (std::size_t i = 1; i < layers_.size(); ++i) {
    const op& o = layout_.ops()[i];
    std::vector<torch::Tensor> inputs;
    for (const int from : o.from) inputs.push_back(values[static_cast<std::size_t>(from)]);
    auto y = operators::compute(o, inputs, layers_[i]);
    const bool in_place = o.then == activation::relu && o.kind != op_kind::activate;
    values.push_back(in_place ? y.relu_() : operators::activate(o.then, y));
  }
  std::vector<torch::Tensor> answers;
  for (const int index : layout_.outputs()) answers.push_back(values[static_cast<std::size_t>(index)]);
  return answers;
}

torch::Tensor float_network::forward(const torch::Tensor& x) const { return outputs(x).back(); }

}  // namespace dvfo::inference
