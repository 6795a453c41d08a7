#include <array>

#include "inference/architectures/architecture.hpp"

namespace dvfo::inference {
namespace {

/// Two 3×3 convolutions around an identity, which becomes a 1×1 projection where the shape changes (He et al. 2016,
/// §3.3 option B).
int basic_block(graph& trunk, int from, int channels, int stride) {
  const int first = trunk.conv(from, channels, 3, stride, true);
  const int second = trunk.conv(first, channels, 3, 1, false);
  const bool same_shape = stride == 1 && trunk.at(from).channels == channels && trunk.at(from).kind != op_kind::input;
  const int shortcut = same_shape ? from : trunk.conv(from, channels, 1, stride, false);
  return trunk.add_relu(second, shortcut);
}

}  // namespace

architecture make_resnet18(const architecture_options& options) {
  architecture net;
  net.name = "resnet18";
  net.feature_channels = options.feature_channels;
  net.feature_side = options.input_size / 2;

  const int image = net.extractor.input(3);
  const int first = net.extractor.conv(image, options.feature_channels, 3, 1, true);
  net.extractor.conv(first, options.feature_channels, 3, 2, true);

  int at = net.trunk.input(options.feature_channels);
  constexpr std::array<int, 4> strides = {1, 1, 2, 2};
  for (std::size_t stage = 0; stage < strides.size(); ++stage) {
    const int channels = options.base_width << stage;
    at = basic_block(net.trunk, at, channels, strides[stage]);
    at = basic_block(net.trunk, at, channels, 1);
  }
  net.trunk.linear(net.trunk.global_average(at), options.classes);
  return net;
}

}  // namespace dvfo::inference
