#include "inference/architectures/blocks.hpp"

namespace dvfo::inference {

/// MobileNet-v2 (Sandler et al. 2018, Table 2). The first stage ends with the first block of the 32-channel stage, an
/// eighth of the picture's side: its projection is a linear bottleneck already, narrow where nothing is lost. Padding
/// as the published weights have it.
architecture make_mobilenet_v2(const architecture_options& options) {
  const auto of = [&](int channels) { return scaled(channels, options.base_width, 32); };
  const inverted_style style = {.then = activation::relu6, .rim = padding::trailing};
  const int early = small_images(options) ? 1 : 2;

  const auto first_stage = [&](graph& net, int image) {
    const convolution stem = {.channels = of(32), .kernel = 3, .stride = early, .then = style.then, .rim = style.rim};
    int at = net.conv(image, stem);
    at = inverted_residuals(net, at, {.expansion = 1, .channels = of(16)}, style);
    at = inverted_residuals(net, at, {.channels = of(24), .repeats = 2, .stride = early}, style);
    return inverted_residuals(net, at, {.channels = of(32), .stride = 2}, style);
  };
  const auto rest = [&](graph& net, int at, int /*stride*/) {
    if (net.at(at).kind == op_kind::input) at = net.conv(at, {.channels = of(32)});
    at = inverted_residuals(net, at, {.channels = of(32), .repeats = 2}, style);
    at = inverted_residuals(net, at, {.channels = of(64), .repeats = 4, .stride = 2}, style);
    at = inverted_residuals(net, at, {.channels = of(96), .repeats = 3}, style);
    at = inverted_residuals(net, at, {.channels = of(160), .repeats = 3, .stride = 2}, style);
    at = inverted_residuals(net, at, {.channels = of(320)}, style);
    at = net.conv(at, {.channels = of(1280), .then = style.then});
    net.linear(net.global_average(at), {options.classes});
  };
  return assemble(image_of(options), options.feature_channels, {first_stage, rest, 1});
}

}  // namespace dvfo::inference
