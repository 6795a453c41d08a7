#pragma once

#include <array>
#include <cstdint>

#include "inference/architectures/architecture.hpp"

namespace dvfo::inference {

/// What one pass of a part asks of a processor at batch 1, computed from the architecture.
struct part_cost {
  double flops = 0.0;     ///< 2 a multiply-accumulate; integer operations count alike
  double bytes = 0.0;     ///< moved: inputs, weights and outputs of every operator, each once
  double launches = 0.0;  ///< kernels started
};

/// Every part of the split model (DVFO Fig. 4): the edge runs extractor, SCAM and one width of the local DNN, the cloud
/// the remote DNN.
struct model_costs {
  part_cost extractor;
  part_cost attention;             ///< SCAM
  std::array<part_cost, 4> local;  ///< at widths 1, ¾, ½, ¼
  part_cost remote;

  /// Extractor and SCAM: what every task runs first.
  [[nodiscard]] part_cost front() const;
  /// The local DNN's pass at share ξ < 1, by its grid share.
  [[nodiscard]] const part_cost& local_at(double share) const;
};

/// How many bytes a value has where a part runs.
struct value_bytes {
  double front = 4.0;   ///< float32
  double local = 1.0;   ///< int8; 2 where the board runs it in fp16
  double remote = 4.0;  ///< float32
};

/// The widths of the local DNN for shares 0, ¼, ½, ¾.
inline constexpr std::array<double, 4> local_widths = {1.0, 0.75, 0.5, 0.25};

/// Cost of one pass through a graph at `width`.
part_cost cost_on(const graph& network, double width, double bytes_per_value);

/// Learned numbers of SCAM over `channels`: both layers of the perceptron with biases, the 3×3 convolution with its
/// own.
std::int64_t attention_parameters(int channels);

/// Costs of every part. Needs no weights. Thread-safe.
model_costs costs_of(const architecture& net, const value_bytes& sizes = {});

}  // namespace dvfo::inference
