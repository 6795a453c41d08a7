#pragma once

#include <functional>

#include "inference/architectures/architecture.hpp"

/// What several architectures' files share.
namespace dvfo::inference {

/// An architecture's two halves, written once for all three graphs.
struct halves {
  /// From the input to the map in front of the bottleneck.
  std::function<int(graph&, int input)> first_stage;
  /// All that follows. `stride` belongs to its first part that shrinks the map: as published in the whole network, 1
  /// behind the bottleneck, which has taken it over.
  std::function<void(graph&, int features, int stride)> rest;
  int stride = 2;  ///< that the bottleneck takes over
};

/// Puts the bottleneck, one convolution with ReLU down to `feature_channels`, between both halves.
architecture assemble(const shape& input, int feature_channels, const halves& parts);

/// The input's shape: `channels` × rows × columns.
shape image_of(const architecture_options& options);

/// Pictures as small as CIFAR's keep their resolution through the stem, as is usual for them.
bool small_images(const architecture_options& options);

/// `channels` of the published network at another base width: a multiple of 8, at least 8.
int scaled(int channels, int base_width, int published_base_width);

/// Squeeze and excitation (Hu et al. 2018): every channel times a gate made from the means of all.
int squeeze_and_excite(graph& net, int from, int units, activation then);

/// A row of inverted residuals (Sandler et al. 2018, Table 2): `repeats` blocks, the first of them strided.
struct inverted_stage {
  int expansion = 6;
  int kernel = 3;
  int channels = 0;
  int repeats = 1;
  int stride = 1;
};

/// What sets MobileNet-v2's blocks apart from EfficientNet's.
struct inverted_style {
  activation then = activation::relu6;
  bool squeeze = false;  ///< with squeeze and excitation, a quarter of the block's inputs as units
  padding rim = padding::same;
};

int inverted_residuals(graph& net, int from, const inverted_stage& stage, const inverted_style& style);

}  // namespace dvfo::inference
