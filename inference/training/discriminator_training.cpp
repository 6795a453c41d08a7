#include "inference/training/discriminator_training.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>

#include "inference/error.hpp"

namespace dvfo::inference {
namespace {

constexpr std::size_t inputs = discriminator::inputs;
constexpr std::size_t hidden = discriminator::hidden;
constexpr std::size_t count = discriminator::parameter_count;
using numbers = std::array<double, count>;

/// Mean and spread of every feature, so that one step suits all weights.
struct scale {
  std::array<double, inputs> mean{};
  std::array<double, inputs> inverse{};
};

scale scale_of(const std::vector<appeal_sample>& samples) {
  constexpr double least_spread = 1e-6;
  scale out;
  const auto all = static_cast<double>(samples.size());
  for (std::size_t i = 0; i < inputs; ++i) {
    double square = 0.0;
    for (const auto& each : samples) {
      const auto value = static_cast<double>(each.seen[i]);
      out.mean[i] += value / all;
      square += value * value / all;
    }
    const double spread = std::sqrt(std::max(0.0, square - out.mean[i] * out.mean[i]));
    out.inverse[i] = spread > least_spread ? 1.0 / spread : 0.0;
  }
  return out;
}

/// Adds one sample's part of the gradient.
void descend(const numbers& at, const std::array<double, inputs>& seen, const appeal_sample& sample, double beta,
             double share, numbers& slope) {
  std::array<double, hidden> unit{};
  double sum = at[count - 1];
  for (std::size_t h = 0; h < hidden; ++h) {
    double input = at[hidden * inputs + h];
    for (std::size_t i = 0; i < inputs; ++i) input += at[h * inputs + i] * seen[i];
    unit[h] = std::tanh(input);
    sum += at[hidden * inputs + hidden + h] * unit[h];
  }
  const double q = 1.0 / (1.0 + std::exp(-sum));
  // d/dz of q · L1 + (1 − q) · L0 − β · log q, where dq/dz = q (1 − q).
  const double pull = share * (1.0 - q) * (q * (sample.local_loss - sample.cloud_loss) - beta);
  slope[count - 1] += pull;
  for (std::size_t h = 0; h < hidden; ++h) {
    slope[hidden * inputs + hidden + h] += pull * unit[h];
    const double back = pull * at[hidden * inputs + hidden + h] * (1.0 - unit[h] * unit[h]);
    slope[hidden * inputs + h] += back;
    for (std::size_t i = 0; i < inputs; ++i) slope[h * inputs + i] += back * seen[i];
  }
}

class adam {
 public:
  void step(numbers& at, const numbers& slope, double rate) {
    constexpr double keep1 = 0.9;
    constexpr double keep2 = 0.999;
    constexpr double epsilon = 1e-8;
    ++steps_;
    for (std::size_t i = 0; i < count; ++i) {
      first_[i] = keep1 * first_[i] + (1.0 - keep1) * slope[i];
      second_[i] = keep2 * second_[i] + (1.0 - keep2) * slope[i] * slope[i];
      const double mean = first_[i] / (1.0 - std::pow(keep1, steps_));
      const double spread = std::sqrt(second_[i] / (1.0 - std::pow(keep2, steps_)));
      at[i] -= rate * mean / (spread + epsilon);
    }
  }

 private:
  numbers first_{};
  numbers second_{};
  int steps_ = 0;
};

/// Weights for features as they are, rounded as they are stored.
discriminator::parameters folded(const numbers& at, const scale& sizes) {
  auto raw = at;
  for (std::size_t h = 0; h < hidden; ++h) {
    for (std::size_t i = 0; i < inputs; ++i) {
      raw[h * inputs + i] = at[h * inputs + i] * sizes.inverse[i];
      raw[hidden * inputs + h] -= raw[h * inputs + i] * sizes.mean[i];
    }
  }
  discriminator::parameters out{};
  std::transform(raw.begin(), raw.end(), out.begin(),
                 [](double value) { return static_cast<float>(std::round(1e4 * value) / 1e4); });
  return out;
}

std::vector<double> all_easy(const discriminator& head, const std::vector<appeal_sample>& samples) {
  std::vector<double> out(samples.size());
  std::transform(samples.begin(), samples.end(), out.begin(), [&](const auto& each) { return head.easy(each.seen); });
  return out;
}

}  // namespace

discriminator train_discriminator(const std::vector<appeal_sample>& samples, const discriminator_options& options) {
  if (samples.empty()) throw error(errc::bad_argument, "a discriminator needs at least one image to learn from");
  if (!(options.beta >= 0.0) || !(options.learning_rate > 0.0) || !(options.weight_decay >= 0.0) || options.steps < 1) {
    throw error(errc::bad_argument,
                fmt::format("a discriminator cannot be trained with beta {}, learning rate {}, weight decay {} and {} "
                            "steps; expected at least 0, more than 0, at least 0, at least 1",
                            options.beta, options.learning_rate, options.weight_decay, options.steps));
  }
  const auto sizes = scale_of(samples);
  std::vector<std::array<double, inputs>> seen(samples.size());
  for (std::size_t s = 0; s < samples.size(); ++s) {
    for (std::size_t i = 0; i < inputs; ++i) {
      seen[s][i] = (static_cast<double>(samples[s].seen[i]) - sizes.mean[i]) * sizes.inverse[i];
    }
  }
  std::mt19937_64 random(options.seed);
  numbers at{};
  for (auto& each : at) each = 0.5 * (2.0 * static_cast<double>(random() >> 11) * 0x1.0p-53 - 1.0);
  adam optimiser;
  const double share = 1.0 / static_cast<double>(samples.size());
  for (int step = 0; step < options.steps; ++step) {
    numbers slope{};
    for (std::size_t i = 0; i < count; ++i) slope[i] = options.weight_decay * at[i];
    for (std::size_t s = 0; s < samples.size(); ++s) descend(at, seen[s], samples[s], options.beta, share, slope);
    optimiser.step(at, slope, options.learning_rate);
  }
  return discriminator(folded(at, sizes));
}

appeal_figures judge(const discriminator& head, double threshold, const std::vector<appeal_sample>& samples) {
  appeal_figures out;
  out.threshold = threshold;
  double accepted = 0.0;
  double accepted_right = 0.0;
  double appealed_right = 0.0;
  for (const auto& each : samples) {
    if (head.easy(each.seen) >= threshold) {
      accepted += 1.0;
      accepted_right += each.is_local_right ? 1.0 : 0.0;
    } else {
      appealed_right += each.is_cloud_right ? 1.0 : 0.0;
    }
  }
  const auto all = static_cast<double>(samples.size());
  if (samples.empty()) return out;
  out.skipping_rate = accepted / all;
  out.top1 = 100.0 * (accepted_right + appealed_right) / all;
  if (accepted > 0.0) out.top1_accepted = 100.0 * accepted_right / accepted;
  if (accepted < all) out.top1_appealed = 100.0 * appealed_right / (all - accepted);
  return out;
}

double threshold_for(const discriminator& head, double skipping_rate, const std::vector<appeal_sample>& samples) {
  if (!(skipping_rate >= 0.0 && skipping_rate <= 1.0)) {
    throw error(errc::bad_argument, fmt::format("skipping rate is {}, expected 0 to 1", skipping_rate));
  }
  auto chances = all_easy(head, samples);
  std::sort(chances.begin(), chances.end(), std::greater<>());
  const auto accepted = static_cast<std::size_t>(std::lround(skipping_rate * static_cast<double>(chances.size())));
  // The ends hold for any image, not only for these.
  if (accepted == 0) return 2.0;
  if (accepted == chances.size()) return 0.0;
  return 0.5 * (chances[accepted - 1] + chances[accepted]);
}

double skipping_rate_within(const discriminator& head, double loss_points, const std::vector<appeal_sample>& samples) {
  const double cloud = judge(head, threshold_for(head, 0.0, samples), samples).top1;
  for (int hundredth = 100; hundredth > 0; --hundredth) {
    const double rate = hundredth / 100.0;
    if (judge(head, threshold_for(head, rate, samples), samples).top1 >= cloud - loss_points) return rate;
  }
  return 0.0;
}

}  // namespace dvfo::inference
