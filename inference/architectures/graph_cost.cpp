#include "inference/architectures/graph_cost.hpp"

namespace dvfo::inference {
namespace {

/// Learned numbers of one operator.
struct weight_count {
  std::int64_t products = 0;  ///< multiplied with inputs, once a position
  std::int64_t others = 0;    ///< biases, embeddings, the scale and shift of a layer normalisation
};

weight_count weights_of(const graph& network, int index, double width) {
  const op& o = network.at(index);
  if (o.from.empty()) return {};
  const std::int64_t in = network.channels_at(o.from[0], width);
  const std::int64_t out = network.channels_at(index, width);
  const std::int64_t window = static_cast<std::int64_t>(o.kernel.height) * o.kernel.width;
  switch (o.kind) {
    case op_kind::conv:
      return {in * out * window, out};
    case op_kind::depthwise:
      return {out * window, out};
    case op_kind::linear:
      return {in * out, out};
    case op_kind::lstm:
      return {4 * out * (in + out), 4 * out};  // input, forget and output gate, candidate
    case op_kind::class_token:
      return {0, out + out * o.out.positions()};
    case op_kind::layer_norm:
      return {0, 2 * out};
    default:
      return {};
  }
}

std::int64_t launches_of(const op& o) {
  switch (o.kind) {
    case op_kind::input:
    case op_kind::sequence:
      return 0;  // nothing is computed
    case op_kind::attention:
      return 3;  // scores, softmax, weighted values
    case op_kind::lstm:
      return 1 + o.out.positions();  // the inputs of all steps at once, then step by step
    default:
      return 1;
  }
}

std::int64_t values_at(const graph& network, int index, double width) {
  return static_cast<std::int64_t>(network.channels_at(index, width)) * network.at(index).out.positions();
}

}  // namespace

graph_cost& graph_cost::operator+=(const graph_cost& other) {
  macs += other.macs;
  parameters += other.parameters;
  normalisations += other.normalisations;
  values += other.values;
  launches += other.launches;
  return *this;
}

graph_cost cost_of(const graph& network, int index, double width) {
  const op& o = network.at(index);
  graph_cost cost;
  cost.launches = launches_of(o);
  if (cost.launches == 0) return cost;
  const auto weights = weights_of(network, index, width);
  const std::int64_t channels = network.channels_at(index, width);
  const std::int64_t positions = o.out.positions();
  if (o.weights_of < 0) {
    cost.parameters = weights.products + weights.others;
    cost.normalisations = o.normalised ? channels : 0;
  }
  cost.macs = weights.products * positions;
  cost.values = weights.products + weights.others + values_at(network, index, width);
  for (const int from : o.from) cost.values += values_at(network, from, width);
  if (o.kind == op_kind::upsample) cost.values -= values_at(network, o.from[1], width);  // only its shape is looked at
  if (o.kind == op_kind::lstm) cost.values += (positions - 1) * 4 * channels * channels;
  if (o.kind == op_kind::attention) {
    const std::int64_t heads = channels / o.head_size;
    cost.macs += 2 * positions * positions * channels;
    cost.values += 4 * heads * positions * positions;  // scores written, through the softmax, read
  }
  return cost;
}

graph_cost cost_of(const graph& network, double width) {
  graph_cost total;
  for (std::size_t i = 0; i < network.ops().size(); ++i) total += cost_of(network, static_cast<int>(i), width);
  return total;
}

}  // namespace dvfo::inference
