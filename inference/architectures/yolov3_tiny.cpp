#include "inference/architectures/blocks.hpp"

namespace dvfo::inference {

/// YOLOv3-Tiny (Redmon & Farhadi 2018; layer table of darknet's yolov3-tiny.cfg). Outputs are the raw heads, 3 boxes of
/// 5 + classes numbers a cell, at 1/32 and 1/16 of the picture's side. The first stage ends after the second pooling;
/// the bottleneck takes over the third.
architecture make_yolov3_tiny(const architecture_options& options) {
  const auto of = [&](int channels) { return scaled(channels, options.base_width, 16); };
  const auto conv = [&](graph& net, int at, int channels, int kernel) {
    return net.conv(at, {.channels = of(channels), .kernel = kernel, .then = activation::leaky_relu});
  };
  const auto head = [&](graph& net, int at) {
    net.output(net.conv(at, {.channels = 3 * (5 + options.classes), .normalised = false, .step = 0}));
  };
  const auto first_stage = [&](graph& net, int image) {
    const int half = net.max_pool(conv(net, image, 16, 3), {});
    return net.max_pool(conv(net, half, 32, 3), {});
  };
  const auto rest = [&](graph& net, int at, int stride) {
    at = conv(net, at, 64, 3);
    if (stride > 1) at = net.max_pool(at, {});
    at = net.max_pool(conv(net, at, 128, 3), {});
    const int fine = conv(net, at, 256, 3);
    at = conv(net, net.max_pool(fine, {}), 512, 3);
    at = net.max_pool(at, {.kernel = 2, .stride = 1});
    const int coarse = conv(net, conv(net, at, 1024, 3), 256, 1);
    head(net, conv(net, coarse, 512, 3));
    const int up = net.upsample(conv(net, coarse, 128, 1), fine);
    head(net, conv(net, net.concat({up, fine}), 256, 3));
  };
  return assemble(image_of(options), options.feature_channels, {first_stage, rest});
}

}  // namespace dvfo::inference
