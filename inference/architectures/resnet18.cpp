#include <array>

#include "inference/architectures/blocks.hpp"

namespace dvfo::inference {
namespace {

/// Two 3×3 convolutions around an identity, which becomes a 1×1 projection where the shape changes (He et al. 2016,
/// §3.3 option B).
int basic_block(graph& net, int from, int channels, int stride) {
  const int first = net.conv(from, {channels, 3, stride, activation::relu});
  const int second = net.conv(first, {channels, 3});
  const bool same_shape = net.at(from).out == net.at(second).out && net.at(from).kind != op_kind::input;
  const int shortcut = same_shape ? from : net.conv(from, {channels, 1, stride});
  return net.add(second, shortcut, activation::relu);
}

}  // namespace

/// The bottleneck takes over the stride of the second stage, so that stages two to four keep their published
/// resolution. Small pictures have a single 3×3 convolution in front of it, as wide as the bottleneck.
architecture make_resnet18(const architecture_options& options) {
  const auto first_stage = [&](graph& net, int image) {
    if (small_images(options)) return net.conv(image, {options.feature_channels, 3, 1, activation::relu});
    const int stem = net.conv(image, {options.base_width, 7, 2, activation::relu});
    return net.max_pool(stem, {3, 2, padding::same});
  };
  const auto rest = [&](graph& net, int at, int stride) {
    const std::array<int, 4> strides = {1, stride, 2, 2};
    for (std::size_t stage = 0; stage < strides.size(); ++stage) {
      const int channels = options.base_width << stage;
      at = basic_block(net, at, channels, strides[stage]);
      at = basic_block(net, at, channels, 1);
    }
    net.linear(net.global_average(at), {options.classes});
  };
  return assemble(image_of(options), options.feature_channels, {first_stage, rest});
}

}  // namespace dvfo::inference
