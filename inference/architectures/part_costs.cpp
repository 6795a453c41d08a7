#include "inference/architectures/part_costs.hpp"

#include <algorithm>
#include <cmath>

#include "inference/architectures/graph_cost.hpp"

namespace dvfo::inference {
namespace {

/// SCAM (DVFO Eq. 16–18) operator by operator: average and maximum per channel, the shared perceptron on both, scaling,
/// average and maximum per pixel, a 3×3 convolution of these two maps, scaling, and the importance (mean per channel).
part_cost attention_cost(const architecture& net, double bytes_per_value) {
  const double channels = net.features.channels;
  const double pixels = net.features.positions();
  const double map = channels * pixels;
  const double units = attention_units(net.features.channels);
  const double perceptron = 2.0 * channels * units;  // weights of both layers
  part_cost cost;
  cost.flops = 2.0 * map                   // average and maximum of every channel
               + 2.0 * 2.0 * perceptron    // both pooled vectors
               + map + 2.0 * map           // scaling; average and maximum of every pixel
               + 2.0 * 2.0 * 9.0 * pixels  // convolution from two maps to one
               + map + map;                // scaling; importance
  const double values = (map + 2.0 * channels) + 2.0 * (perceptron + 2.0 * channels) + 2.0 * map +
                        (map + 2.0 * pixels) + (3.0 * pixels + 18.0) + 2.0 * map + map;
  cost.bytes = bytes_per_value * values;
  cost.launches = 9.0;  // 2 poolings, 2 layers on both vectors at once, scaling, pooling, convolution, scaling, mean
  return cost;
}

}  // namespace

part_cost cost_on(const graph& network, double width, double bytes_per_value) {
  const auto cost = cost_of(network, width);
  return {.flops = 2.0 * static_cast<double>(cost.macs),
          .bytes = bytes_per_value * static_cast<double>(cost.values),
          .launches = static_cast<double>(cost.launches)};
}

std::int64_t attention_parameters(int channels) {
  const std::int64_t units = attention_units(channels);
  return (channels * units + units) + (units * channels + channels) + (2 * 9 + 1);
}

part_cost model_costs::front() const {
  return {extractor.flops + attention.flops, extractor.bytes + attention.bytes,
          extractor.launches + attention.launches};
}

const part_cost& model_costs::local_at(double share) const {
  const double wanted = 1.0 - share;
  const auto* const nearest = std::min_element(local_widths.begin(), local_widths.end(), [&](double a, double b) {
    return std::abs(a - wanted) < std::abs(b - wanted);
  });
  return local[static_cast<std::size_t>(nearest - local_widths.begin())];
}

model_costs costs_of(const architecture& net, const value_bytes& sizes) {
  model_costs costs;
  costs.extractor = cost_on(net.extractor, 1.0, sizes.front);
  costs.attention = attention_cost(net, sizes.front);
  for (std::size_t i = 0; i < local_widths.size(); ++i) {
    costs.local[i] = cost_on(net.trunk, local_widths[i], sizes.local);
  }
  costs.remote = cost_on(net.trunk, 1.0, sizes.remote);
  return costs;
}

}  // namespace dvfo::inference
