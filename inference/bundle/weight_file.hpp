#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

namespace dvfo::inference {

using named_tensors = std::map<std::string, torch::Tensor>;

/// Writes tensors (float32, bfloat16 or int8, any shape) into one file: byte planes compressed with zstd, an XXH3
/// checksum over all (docs/model-bundle.md). Returns the checksum, which identifies the weights. Throws error(io).
std::uint64_t write_weights(const std::filesystem::path& file, const named_tensors& tensors);

/// Whether write_weights will be able to write there; a file that is no weight file stands in its way. Throws
/// error(io).
void check_weights_place(const std::filesystem::path& file);

/// What a weight file holds, and its checksum.
struct weight_file {
  named_tensors tensors;
  std::uint64_t id = 0;
};

/// Reads a weight file. The checksum is verified before anything is parsed and every size before it is allocated.
/// Throws error(bad_bundle) naming the file, what was found and what was expected; error(io) when it cannot be read.
weight_file read_weights(const std::filesystem::path& file);

}  // namespace dvfo::inference
