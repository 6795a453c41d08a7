#include "inference/architectures/blocks.hpp"

namespace dvfo::inference {

/// EfficientNet-B0 (Tan & Le 2019, Table 1). The first stage ends in front of the 40-channel stage, a quarter of the
/// picture's side; the bottleneck takes over that stage's stride.
architecture make_efficientnet_b0(const architecture_options& options) {
  const auto of = [&](int channels) { return scaled(channels, options.base_width, 32); };
  const inverted_style style = {.then = activation::silu, .squeeze = true};

  const auto first_stage = [&](graph& net, int image) {
    int at =
        net.conv(image, {.channels = of(32), .kernel = 3, .stride = small_images(options) ? 1 : 2, .then = style.then});
    at = inverted_residuals(net, at, {.expansion = 1, .channels = of(16)}, style);
    return inverted_residuals(net, at, {.channels = of(24), .repeats = 2, .stride = 2}, style);
  };
  const auto rest = [&](graph& net, int at, int stride) {
    at = inverted_residuals(net, at, {.kernel = 5, .channels = of(40), .repeats = 2, .stride = stride}, style);
    at = inverted_residuals(net, at, {.channels = of(80), .repeats = 3, .stride = 2}, style);
    at = inverted_residuals(net, at, {.kernel = 5, .channels = of(112), .repeats = 3}, style);
    at = inverted_residuals(net, at, {.kernel = 5, .channels = of(192), .repeats = 4, .stride = 2}, style);
    at = inverted_residuals(net, at, {.channels = of(320)}, style);
    at = net.conv(at, {.channels = of(1280), .then = style.then});
    net.linear(net.global_average(at), {options.classes});
  };
  return assemble(image_of(options), options.feature_channels, {first_stage, rest});
}

}  // namespace dvfo::inference
