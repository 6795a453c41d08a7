#include "inference/architectures/description.hpp"

#include "inference/architectures/graph_cost.hpp"

namespace dvfo::inference {

value_bytes bytes_on(backend where) {
  if (where == backend::cuda_fp16) return {.front = 2.0, .local = 2.0, .remote = 2.0};
  return {.front = 4.0, .local = 1.0, .remote = 4.0};
}

std::vector<described_part> describe(const architecture& net, backend where) {
  const auto sizes = bytes_on(where);
  const auto costs = costs_of(net, sizes);
  const auto parameters = [](const graph& part, double width) { return cost_of(part, width).parameters; };
  std::vector<described_part> parts = {
      {"whole", 1.0, parameters(net.whole, 1.0), cost_on(net.whole, 1.0, sizes.remote)},
      {"extractor", 1.0, parameters(net.extractor, 1.0), costs.extractor},
      {"attention", 1.0, attention_parameters(net.features.channels), costs.attention},
  };
  for (std::size_t i = 0; i < local_widths.size(); ++i) {
    parts.push_back({"local", local_widths[i], parameters(net.trunk, local_widths[i]), costs.local[i]});
  }
  parts.push_back({"remote", 1.0, parameters(net.trunk, 1.0), costs.remote});
  return parts;
}

}  // namespace dvfo::inference
