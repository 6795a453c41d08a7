#pragma once

#include <torch/torch.h>

#include <filesystem>
#include <string>
#include <vector>

#include "inference/layers/split_network.hpp"

namespace dvfo::inference {

/// A published convolutional network's weights, normalisation folded in: raw little-endian floats (NAME.f32) with a
/// layer table (NAME.tsv: layer, kind, tensor, shape, byte offset, count) and the names of its labels
/// (imagenet_labels.txt, a line each).
struct given_weights {
  struct layer {
    torch::Tensor weight;  ///< [Co, Ci / groups, h, w]
    torch::Tensor bias;    ///< [Co]
  };
  std::filesystem::path folder;
  std::vector<layer> layers;  ///< in execution order; the classifier, a 1×1 convolution, last
  std::vector<std::string> labels;

  /// Throws error(bad_dataset) naming the file and line for what is missing or does not fit.
  static given_weights load(const std::filesystem::path& folder);

  /// Number of each of `wanted` among `labels`. A label is found by its first name: "gas_pump" is "gas pump, gasoline
  /// pump". Throws error(bad_argument) naming the first that is not known.
  [[nodiscard]] std::vector<std::int64_t> rows_of(const std::vector<std::string>& wanted) const;

  /// The same weights with a classifier for `wanted` labels alone.
  [[nodiscard]] given_weights restricted_to(const std::vector<std::string>& wanted) const;
};

/// The unsplit network that given weights belong to, as published: initialisation and teacher. Pictures are put on
/// −1…1 as MobileNet-v2's are.
class given_network_impl : public torch::nn::Module {
 public:
  /// Throws error(bad_argument) naming the first layer of `weights` that does not fit into `net`.
  given_network_impl(const architecture& net, const given_weights& weights);
  /// `images`: [N, 3, S, S], 0…1. Returns logits.
  torch::Tensor forward(const torch::Tensor& images);
  /// Mean and deviation of every colour that the weights expect.
  [[nodiscard]] static std::pair<torch::Tensor, torch::Tensor> colour_statistics();

  /// Output of operator `index` alone.
  torch::Tensor value_of(int index, const torch::Tensor& images);

  network net{nullptr};
};
TORCH_MODULE_IMPL(given_network, given_network_impl);

/// Copies what a network with a bottleneck shares with the published one: the first stage's operators, and the rest's
/// as far back from the classifier as shapes agree. What is new keeps its random start. Returns the seam: the last
/// operator of the trunk that is new, and the one of the published network whose output its own should equal.
struct seam {
  int in_trunk = 0;
  int in_given = 0;
};
seam start_from_given(const given_network& given, reference_network& to);

/// The first stage as published, in front of a bottleneck that is still to learn, stays as it is: at full resolution it
/// costs more to train than all that follows.
void freeze_first_stage(front& stage);

}  // namespace dvfo::inference
