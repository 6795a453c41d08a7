#include <vector>

#include "inference/architectures/blocks.hpp"

namespace dvfo::inference {
namespace {

/// Shift of every normalisation before training, in deviations. Where nothing leads around a layer, gradients grow with
/// every one on their way back, and the less so the more linear it is (Yang et al. 2019, A Mean Field Theory of Batch
/// Normalization): shifted values mostly pass the ReLU.
constexpr double mostly_passing = 1.0;

/// Figures 3 to 9 of Szegedy et al. 2017, at any width. Their V stands for valid padding; small pictures have no pixels
/// to spare and keep `same` padding throughout.
class inception {
 public:
  inception(graph& net, const architecture_options& options)
      : net_(net), base_width_(options.base_width), tight_(small_images(options) ? padding::same : padding::valid) {}

  struct layer {
    int channels;
    window kernel = 1;
    int stride = 1;
    padding rim = padding::same;
  };

  int chain(int at, const std::vector<layer>& layers) {
    for (const auto& each : layers) {
      at = net_.conv(at, {.channels = scaled(each.channels, base_width_, 32),
                          .kernel = each.kernel,
                          .stride = each.stride,
                          .then = activation::relu,
                          .rim = each.rim,
                          .first_shift = mostly_passing});
    }
    return at;
  }

  int shrink(int at, int stride) { return net_.max_pool(at, {3, stride, stride > 1 ? tight_ : padding::same}); }

  int stem_begin(int at, int first_stride) {  // Fig. 3, up to the first concatenation
    at = chain(at, {{32, 3, first_stride, tight_}, {32, 3, 1, tight_}, {64, 3}});
    return net_.concat({shrink(at, 2), chain(at, {{96, 3, 2, tight_}})});
  }

  int stem_end(int at, int stride) {  // Fig. 3, the other two concatenations
    at = net_.concat(
        {chain(at, {{64}, {96, 3, 1, tight_}}), chain(at, {{64}, {64, {7, 1}}, {64, {1, 7}}, {96, 3, 1, tight_}})});
    return net_.concat({chain(at, {{192, 3, stride, stride > 1 ? tight_ : padding::same}}), shrink(at, stride)});
  }

  int block_a(int at) {  // Fig. 4
    return net_.concat(
        {chain(mean(at), {{96}}), chain(at, {{96}}), chain(at, {{64}, {96, 3}}), chain(at, {{64}, {96, 3}, {96, 3}})});
  }

  int reduction_a(int at) {  // Fig. 7 with k, l, m, n of Table 1
    return net_.concat(
        {shrink(at, 2), chain(at, {{384, 3, 2, tight_}}), chain(at, {{192}, {224, 3}, {256, 3, 2, tight_}})});
  }

  int block_b(int at) {  // Fig. 5
    return net_.concat({chain(mean(at), {{128}}), chain(at, {{384}}), chain(at, {{192}, {224, {1, 7}}, {256, {7, 1}}}),
                        chain(at, {{192}, {192, {1, 7}}, {224, {7, 1}}, {224, {1, 7}}, {256, {7, 1}}})});
  }

  int reduction_b(int at) {  // Fig. 8
    return net_.concat({shrink(at, 2), chain(at, {{192}, {192, 3, 2, tight_}}),
                        chain(at, {{256}, {256, {1, 7}}, {320, {7, 1}}, {320, 3, 2, tight_}})});
  }

  int block_c(int at) {  // Fig. 6
    const int fork = chain(at, {{384}});
    const int far_fork = chain(at, {{384}, {448, {1, 3}}, {512, {3, 1}}});
    return net_.concat({chain(mean(at), {{256}}), chain(at, {{256}}), chain(fork, {{256, {1, 3}}}),
                        chain(fork, {{256, {3, 1}}}), chain(far_fork, {{256, {3, 1}}}),
                        chain(far_fork, {{256, {1, 3}}})});
  }

 private:
  int mean(int at) { return net_.average_pool(at, {3, 1}); }

  graph& net_;
  int base_width_;
  padding tight_;
};

}  // namespace

/// Inception-v4 (Szegedy et al. 2017, Fig. 9). The first stage ends with the stem's first concatenation; the bottleneck
/// takes over the stride of the third.
architecture make_inception_v4(const architecture_options& options) {
  const auto first_stage = [&](graph& net, int image) {
    return inception(net, options).stem_begin(image, small_images(options) ? 1 : 2);
  };
  const auto rest = [&](graph& net, int at, int stride) {
    inception of(net, options);
    at = of.stem_end(at, stride);
    for (int i = 0; i < 4; ++i) at = of.block_a(at);
    at = of.reduction_a(at);
    for (int i = 0; i < 7; ++i) at = of.block_b(at);
    at = of.reduction_b(at);
    for (int i = 0; i < 3; ++i) at = of.block_c(at);
    net.linear(net.global_average(at), {options.classes});
  };
  return assemble(image_of(options), options.feature_channels, {first_stage, rest});
}

}  // namespace dvfo::inference
