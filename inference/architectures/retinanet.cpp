#include <array>
#include <vector>

#include "inference/architectures/blocks.hpp"

namespace dvfo::inference {
namespace {

/// 1×1, 3×3, 1×1 around an identity (He et al. 2016, Fig. 5), the stride in the first, where its authors have it.
int bottleneck_block(graph& net, int from, int channels, int stride) {
  const int narrow = net.conv(from, {channels, 1, stride, activation::relu});
  const int wide = net.conv(net.conv(narrow, {channels, 3, 1, activation::relu}), {4 * channels});
  const bool same_shape = net.at(from).out == net.at(wide).out && net.at(from).kind != op_kind::input;
  const int shortcut = same_shape ? from : net.conv(from, {4 * channels, 1, stride});
  return net.add(wide, shortcut, activation::relu);
}

convolution plain(int channels, int kernel, activation then = activation::none, int stride = 1) {
  return {.channels = channels, .kernel = kernel, .stride = stride, .then = then, .normalised = false};
}

/// Levels P3 to P7 over the last three stages of the backbone (Lin et al. 2017, §4).
std::vector<int> pyramid(graph& net, const std::array<int, 3>& stages, int channels) {
  const int top = net.conv(stages[2], plain(channels, 1));
  const int middle = net.add(net.conv(stages[1], plain(channels, 1)), net.upsample(top, stages[1]));
  const int bottom = net.add(net.conv(stages[0], plain(channels, 1)), net.upsample(middle, stages[0]));
  std::vector<int> levels;
  for (const int each : {bottom, middle, top}) levels.push_back(net.conv(each, plain(channels, 3)));
  levels.push_back(net.conv(stages[2], plain(channels, 3, activation::none, 2)));
  levels.push_back(net.conv(net.activate(levels.back(), activation::relu), plain(channels, 3, activation::none, 2)));
  return levels;
}

/// Four convolutions and one that answers, the same weights on every level.
void subnet(graph& net, const std::vector<int>& levels, int outputs) {
  const int channels = net.at(levels[0]).out.channels;
  std::vector<int> owners;
  int at = levels[0];
  for (int depth = 0; depth < 4; ++depth) {
    at = net.conv(at, plain(channels, 3, activation::relu));
    owners.push_back(at);
  }
  convolution answer = plain(outputs, 3);
  answer.step = 0;
  owners.push_back(net.conv(at, answer));
  net.output(owners.back());
  for (std::size_t level = 1; level < levels.size(); ++level) {
    at = levels[level];
    for (const int owner : owners) at = net.again(owner, at);
    net.output(at);
  }
}

}  // namespace

/// RetinaNet (Lin et al. 2017) on ResNet-50. Outputs are the raw heads: class logits of 9 anchors a cell for P3 to P7,
/// then box offsets. The first stage is ResNet's stem; the bottleneck takes over the stride of the second stage.
architecture make_retinanet(const architecture_options& options) {
  constexpr int anchors = 9;
  const auto first_stage = [&](graph& net, int image) {
    const int stem = net.conv(image, {options.base_width, 7, 2, activation::relu});
    return net.max_pool(stem, {3, 2, padding::same});
  };
  const auto rest = [&](graph& net, int at, int stride) {
    const std::array<int, 4> blocks = {3, 4, 6, 3};
    const std::array<int, 4> strides = {1, stride, 2, 2};
    std::array<int, 4> stages = {};
    for (std::size_t stage = 0; stage < blocks.size(); ++stage) {
      for (int block = 0; block < blocks[stage]; ++block) {
        at = bottleneck_block(net, at, options.base_width << stage, block == 0 ? strides[stage] : 1);
      }
      stages[stage] = at;
    }
    const auto levels = pyramid(net, {stages[1], stages[2], stages[3]}, 4 * options.base_width);
    subnet(net, levels, anchors * options.classes);
    subnet(net, levels, anchors * 4);
  };
  return assemble(image_of(options), options.feature_channels, {first_stage, rest});
}

}  // namespace dvfo::inference
