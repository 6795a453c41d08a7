#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "inference/architectures/part_costs.hpp"
#include "inference/backend.hpp"

namespace dvfo::inference {

/// One part of a model at one width, as a board's physics wants it.
struct described_part {
  std::string name;             ///< "whole", "extractor", "attention", "local" or "remote"
  double width = 1.0;           ///< of the channels
  std::int64_t parameters = 0;  ///< batch normalisation folded
  part_cost cost;
};

/// Bytes of a value on a backend.
value_bytes bytes_on(backend where);

/// Every part: the benchmark DNN unsplit, extractor, SCAM, the local DNN at its four widths, the remote DNN. Needs no
/// weights. Thread-safe.
std::vector<described_part> describe(const architecture& net, backend where);

}  // namespace dvfo::inference
