#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>

namespace dvfo::policy {

/// Numbers for the learner and its worlds: the same on every platform and every standard library, unlike those that
/// std::*_distribution draws, and with a state of one word, which a checkpoint can hold (SplitMix64, Steele et al.
/// 2014).
class random_source {
 public:
  explicit random_source(std::uint64_t seed) : state_(seed) {}

  std::uint64_t bits() noexcept {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
  }
  /// In [0, 1).
  double uniform() noexcept { return static_cast<double>(bits() >> 11) * 0x1.0p-53; }
  double between(double low, double high) noexcept { return low + (high - low) * uniform(); }
  /// The logarithm is uniform; both ends above 0.
  double log_between(double low, double high) noexcept { return low * std::pow(high / low, uniform()); }
  /// In [0, count), count ≥ 1.
  int below(int count) noexcept { return static_cast<int>(uniform() * count); }
  double normal() noexcept {
    const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
    return radius * std::cos(2.0 * std::numbers::pi * uniform());
  }

  [[nodiscard]] std::uint64_t state() const noexcept { return state_; }

 private:
  std::uint64_t state_;
};

}  // namespace dvfo::policy
