#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "inference/codec/range_coder.hpp"

/// What both ends of a link have learned so far about the next level, for the range coder. Whole numbers alone: every
/// machine learns the same.
namespace dvfo::inference {

/// As many whole numbers as the processor takes at once; GCC does not find out by itself that it could.
template <std::size_t symbols>
struct lanes {
  using type [[gnu::vector_size(16)]] = std::int16_t;
};
template <>
struct lanes<4> {
  using type [[gnu::vector_size(8)]] = std::int16_t;
};

/// Probabilities of `symbols` symbols that adapt to what comes: after n symbols the newest has a weight of about 1 /
/// (symbols + n), a power of two, and never less than 1/64, so that the statistics follow a change.
template <std::size_t symbols>
class adaptive_statistics {
 public:
  /// Where the part of each symbol begins, in units of 2^-15.
  using bounds = std::array<std::int16_t, symbols>;

  /// Every symbol has `quarters`/4 (1…4) of the probability of the one before it.
  static constexpr adaptive_statistics falling(std::int64_t quarters) {
    std::array<std::int64_t, symbols> weight{};
    std::int64_t sum = 0;
    for (std::size_t k = 0; k < symbols; ++k) {
      weight[k] = 1;
      for (std::size_t i = 0; i + 1 < symbols; ++i) weight[k] *= i < k ? quarters : 4;
      sum += weight[k];
    }
    adaptive_statistics out;
    std::int64_t below = 0;
    for (std::size_t k = 0; k < symbols; ++k) {
      const auto shared = below * (whole - count * least) / sum;
      out.from_[k] = static_cast<std::int16_t>(static_cast<std::int64_t>(k) * least + shared);
      below += weight[k];
    }
    return out;
  }

  [[nodiscard]] const bounds& from() const { return from_; }

  /// Bounds move a part of their way to where `symbol` alone would be likely. Neighbouring bounds stay `least` apart:
  /// so are their goals, and the shift rounds both ways down.
  void learn(std::size_t symbol) {
    const bounds& goal = goals[symbol];
    const std::int16_t shift = shifts[seen_];
    using vector = typename lanes<symbols>::type;
    for (std::size_t k = 0; k < symbols; k += sizeof(vector) / sizeof(std::int16_t)) {
      vector from;
      vector to;
      std::memcpy(&from, &from_[k], sizeof(vector));
      std::memcpy(&to, &goal[k], sizeof(vector));
      from += (to - from) >> shift;
      std::memcpy(&from_[k], &from, sizeof(vector));
    }
    if (seen_ + std::size_t{1} < shifts.size()) ++seen_;
  }

 private:
  static constexpr int count = static_cast<int>(symbols);
  static constexpr int whole = 1 << probability_bits;
  static constexpr int least = 16;  // of every symbol's probability
  static constexpr int slowest = 6;

  static constexpr auto goals = [] {
    std::array<bounds, symbols> out{};
    for (int symbol = 0; symbol < count; ++symbol) {
      for (int k = 0; k < count; ++k) {
        const int goal = k <= symbol ? k * least : whole - (count - k) * least;
        out[static_cast<std::size_t>(symbol)][static_cast<std::size_t>(k)] = static_cast<std::int16_t>(goal);
      }
    }
    return out;
  }();

  static constexpr auto shifts = [] {
    std::array<std::int16_t, 64> out{};
    for (std::size_t n = 0; n < out.size(); ++n) {
      out[n] = static_cast<std::int16_t>(std::min(static_cast<int>(std::bit_width(n + symbols)) - 1, slowest));
    }
    return out;
  }();

  bounds from_{};
  std::uint8_t seen_ = 0;
};

}  // namespace dvfo::inference
