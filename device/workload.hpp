#pragma once

#include <cstdint>

namespace dvfo::device {

/// What a piece of a network asks of a board: computed from the model, never typed.
struct workload {
  double flops = 0.0;       ///< floating or integer operations, 2 a multiply-accumulate
  double bytes = 0.0;       ///< moved between memory and processor: weights, inputs and outputs of every operator once
  double launches = 0.0;    ///< kernels started
  double cpu_cycles = 0.0;  ///< of one CPU core besides starting kernels: preparation, codec
  friend workload operator+(workload a, const workload& b) {
    return {a.flops + b.flops, a.bytes + b.bytes, a.launches + b.launches, a.cpu_cycles + b.cpu_cycles};
  }
  friend bool operator==(const workload&, const workload&) = default;
};

}  // namespace dvfo::device
