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

  /// As network_impl has them.
  network_impl::answer explained(const torch::Tensor& images);
  std::vector<torch::Tensor> values(const torch::Tensor& images);

  network net{nullptr};
};
TORCH_MODULE_IMPL(given_network, given_network_impl);

/// Begins a network with a bottleneck from the published one, so that both give nearly the same answers before any
/// training: copies the first stage and the rest; the bottleneck, a 1×1 convolution, makes several descriptions of the
/// first stage's map, as many as it has channels for, the later ones fainter; what widens it again is the least-squares
/// inverse over `images` ([N, 3, S, S], 0…1); attention begins with all gates half open. Expects channels in order
/// (order_channels()). Throws error(bad_argument) where the architecture has another form.
void start_from_given(given_network& given, const torch::Tensor& images, reference_network& to);

/// The first stage as published, in front of the bottleneck, stays as it is: at full resolution it costs more to train
/// than all that follows.
void freeze_first_stage(front& stage);

/// The weights of a remote trunk's second half of operators stay as published, too: they were learned from far more
/// pictures than training here has, which would only spoil them. The first half learns to make up for what splitting
/// takes away.
void freeze_later_half(network& remote);

}  // namespace dvfo::inference
