#include "inference/architectures/graph.hpp"

#include <algorithm>
#include <cmath>

namespace dvfo::inference {

int graph::push(op next) {
  ops_.push_back(next);
  return static_cast<int>(ops_.size()) - 1;
}

int graph::input(int channels) { return push({.kind = op_kind::input, .channels = channels}); }

int graph::conv(int from, int channels, int kernel, int stride, bool relu) {
  return push({.kind = op_kind::conv,
               .from = {from, -1},
               .channels = channels,
               .kernel = kernel,
               .stride = stride,
               .relu = relu});
}

int graph::add_relu(int a, int b) {
  return push({.kind = op_kind::add_relu, .from = {a, b}, .channels = at(a).channels, .relu = true});
}

int graph::global_average(int from) {
  return push({.kind = op_kind::global_average, .from = {from, -1}, .channels = at(from).channels});
}

int graph::linear(int from, int outputs) {
  return push({.kind = op_kind::linear, .from = {from, -1}, .channels = outputs});
}

int graph::channels_at(int index, double width) const {
  const op& o = at(index);
  if (o.kind == op_kind::input || o.kind == op_kind::linear) return o.channels;
  if (o.kind == op_kind::global_average || o.kind == op_kind::add_relu) return channels_at(o.from[0], width);
  return std::max(1, static_cast<int>(std::lround(o.channels * width)));
}

graph_cost cost_of(const graph& network, double width, int side) {
  graph_cost total;
  std::vector<int> sides;
  const auto values_of = [&](int index) {
    const std::int64_t edge = sides[static_cast<std::size_t>(index)];
    return network.channels_at(index, width) * edge * edge;
  };
  for (std::size_t i = 0; i < network.ops().size(); ++i) {
    const op& o = network.ops()[i];
    const int index = static_cast<int>(i);
    const int before = o.from[0] < 0 ? side : sides[static_cast<std::size_t>(o.from[0])];
    const int after = (before + o.stride - 1) / o.stride;
    sides.push_back(o.kind == op_kind::global_average || o.kind == op_kind::linear ? 1 : after);
    if (o.kind == op_kind::input) continue;
    total.launches += 1;
    total.values += values_of(index);
    for (const int from : o.from) {
      if (from >= 0) total.values += values_of(from);
    }
    if (o.kind != op_kind::conv && o.kind != op_kind::linear) continue;
    const std::int64_t weights = static_cast<std::int64_t>(network.channels_at(o.from[0], width)) *
                                 network.channels_at(index, width) * o.kernel * o.kernel;
    total.parameters += weights + network.channels_at(index, width);
    total.values += weights + network.channels_at(index, width);
    total.macs += weights * sides.back() * sides.back();
  }
  return total;
}

}  // namespace dvfo::inference
