#include <algorithm>

#include "inference/architectures/blocks.hpp"

namespace dvfo::inference {
namespace {

/// Encoder block (Dosovitskiy et al. 2021, Eq. 2–3). The embedding keeps its width; heads and perceptron are slimmed.
int encoder_block(graph& net, int from, int head_size) {
  const int width = net.at(from).out.channels;
  const int queries = net.linear(net.layer_norm(from), {.channels = 3 * width, .step = 3 * head_size});
  const int attended = net.add(from, net.linear(net.attention(queries, head_size), {width}));
  const int hidden = net.linear(net.layer_norm(attended), {.channels = 4 * width, .then = activation::gelu, .step = 1});
  return net.add(attended, net.linear(hidden, {width}));
}

}  // namespace

/// The first stage is the patch embedding; the bottleneck keeps the token grid and narrows its channels, and a 1×1
/// convolution widens them again. Small pictures are cut into patches of 4 and pass 6 blocks with heads of 32 instead
/// of 16, 12 and 64.
architecture make_vit_b16(const architecture_options& options) {
  const bool small = small_images(options);
  const int head_size = small ? 32 : 64;
  const int blocks = small ? 6 : 12;
  const int patch = small ? 4 : 16;
  const int width = std::max(1, options.base_width / head_size) * head_size;

  const auto first_stage = [&](graph& net, int image) {
    return net.conv(
        image,
        {.channels = width, .kernel = patch, .stride = patch, .rim = padding::valid, .normalised = false, .step = 0});
  };
  const auto rest = [&](graph& net, int at, int /*stride*/) {
    if (net.at(at).kind == op_kind::input) at = net.conv(at, {.channels = width, .normalised = false, .step = 0});
    at = net.class_token(net.sequence(at));
    for (int block = 0; block < blocks; ++block) at = encoder_block(net, at, head_size);
    net.linear(net.first_token(net.layer_norm(at)), {options.classes});
  };
  return assemble(image_of(options), options.feature_channels, {first_stage, rest, 1});
}

}  // namespace dvfo::inference
