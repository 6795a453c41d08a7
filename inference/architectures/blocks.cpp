#include "inference/architectures/blocks.hpp"

#include <algorithm>

namespace dvfo::inference {

architecture assemble(const shape& input, int feature_channels, const halves& parts) {
  architecture net;
  parts.rest(net.whole, parts.first_stage(net.whole, net.whole.input(input)), parts.stride);
  const int before = parts.first_stage(net.extractor, net.extractor.input(input));
  const int bottleneck = net.extractor.conv(before, {.channels = feature_channels,
                                                     .kernel = parts.stride > 1 ? 3 : 1,
                                                     .stride = parts.stride,
                                                     .then = activation::relu});
  net.features = net.extractor.at(bottleneck).out;
  parts.rest(net.trunk, net.trunk.input(net.features), 1);
  return net;
}

shape image_of(const architecture_options& options) {
  return {3, options.input_height > 0 ? options.input_height : options.input_size, options.input_size};
}

bool small_images(const architecture_options& options) { return options.input_size < 96; }

int scaled(int channels, int base_width, int published_base_width) {
  const int multiples = (channels * base_width + 4 * published_base_width) / (8 * published_base_width);
  return base_width == published_base_width ? channels : 8 * std::max(1, multiples);
}

int squeeze_and_excite(graph& net, int from, int units, activation then) {
  const int squeezed = net.linear(net.global_average(from), {.channels = units, .then = then, .step = 1});
  const int gates =
      net.linear(squeezed, {.channels = net.at(from).out.channels, .then = activation::sigmoid, .step = 1});
  return net.scale(from, gates);
}

int inverted_residuals(graph& net, int from, const inverted_stage& stage, const inverted_style& style) {
  for (int block = 0; block < stage.repeats; ++block) {
    const int stride = block == 0 ? stage.stride : 1;
    const int inputs = net.at(from).out.channels;
    const bool residual = stride == 1 && inputs == stage.channels && net.at(from).kind != op_kind::input;
    int x = from;
    if (stage.expansion > 1) x = net.conv(x, {.channels = inputs * stage.expansion, .then = style.then});
    x = net.depthwise(x, {.kernel = stage.kernel, .stride = stride, .then = style.then, .rim = style.rim});
    if (style.squeeze) x = squeeze_and_excite(net, x, std::max(1, inputs / 4), style.then);
    x = net.conv(x, {.channels = stage.channels});
    from = residual ? net.add(from, x) : x;
  }
  return from;
}

}  // namespace dvfo::inference
