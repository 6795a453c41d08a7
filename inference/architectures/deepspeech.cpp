#include "inference/architectures/blocks.hpp"

namespace dvfo::inference {

/// DeepSpeech (Hannun et al. 2014, §2) as Mozilla published it, 0.6 to 0.9, with one LSTM for the bidirectional layer.
/// The input's channels are 26 cepstral coefficients, its columns frames of 20 ms. The first layer sees 9 frames on
/// both sides of each; it is the first stage, and the bottleneck narrows its channels frame by frame.
architecture make_deepspeech(const architecture_options& options) {
  constexpr int coefficients = 26;
  constexpr int context = 9;
  const int units = options.base_width;

  const auto first_stage = [&](graph& net, int frames) {
    return net.conv(
        frames, {.channels = units, .kernel = {1, 2 * context + 1}, .then = activation::relu20, .normalised = false});
  };
  const auto rest = [&](graph& net, int at, int /*stride*/) {
    const dense hidden = {.channels = units, .then = activation::relu20, .step = 1};
    at = net.linear(net.linear(net.sequence(at), hidden), hidden);
    at = net.linear(net.lstm(at, units), hidden);
    net.linear(at, {options.classes});
  };
  return assemble({coefficients, 1, options.input_size}, options.feature_channels, {first_stage, rest, 1});
}

}  // namespace dvfo::inference
