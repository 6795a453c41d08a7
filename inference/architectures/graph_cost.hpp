#pragma once

#include <cstdint>

#include "inference/architectures/graph.hpp"

namespace dvfo::inference {

/// Cost of one forward pass at batch 1, counted from the graph itself.
struct graph_cost {
  std::int64_t macs = 0;            ///< multiply-accumulates of weights and of attention's two products
  std::int64_t parameters = 0;      ///< weights, biases and embeddings, batch normalisation folded
  std::int64_t normalisations = 0;  ///< channels with batch normalisation: published counts have a scale more for each
  std::int64_t values = 0;    ///< read and written: inputs, weights and outputs of every operator, each once; an LSTM's
                              ///< state weights and attention's scores once for every use
  std::int64_t launches = 0;  ///< kernels: one an operator, normalisation and activation fused into it; an LSTM one a
                              ///< step more, attention three

  graph_cost& operator+=(const graph_cost& other);
};

/// Cost of the whole graph at `width`.
graph_cost cost_of(const graph& network, double width);

/// Cost of one of its operators.
graph_cost cost_of(const graph& network, int index, double width);

}  // namespace dvfo::inference
