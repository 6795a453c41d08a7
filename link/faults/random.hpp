#pragma once

#include <cstdint>
#include <string_view>

namespace dvfo::link::faults {

/// The same numbers on every platform for the same seed, with a state of one word, because every toxic of every
/// connection has a source of its own (SplitMix64, Steele et al. 2014). Not thread-safe.
class random_source {
 public:
  explicit random_source(std::uint64_t seed) : state_(seed) {}

  std::uint64_t bits() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
  }

  /// In [0, 1).
  double uniform() { return static_cast<double>(bits() >> 11) * 0x1.0p-53; }

 private:
  std::uint64_t state_;
};

/// What a toxic of one connection draws from: it depends on names and counts alone, never on time or on other
/// connections, so that the same scenario meets the same connection with the same luck again.
struct seed_parts {
  std::uint64_t seed = 0;        ///< the scenario's
  std::string_view proxy;        ///< its name
  std::string_view toxic;        ///< its name
  std::uint64_t occurrence = 0;  ///< of an event that comes again: 0, 1, 2, …
  std::uint64_t connection = 0;  ///< counted from 1 in the order in which the proxy accepts
};

inline std::uint64_t mixed(const seed_parts& parts) {
  std::uint64_t state = random_source(parts.seed).bits();
  const auto take = [&](std::uint64_t word) { state = random_source(state ^ word).bits(); };
  for (const auto text : {parts.proxy, parts.toxic}) {
    take(text.size());
    for (const char letter : text) take(static_cast<unsigned char>(letter));
  }
  take(parts.occurrence);
  take(parts.connection);
  return state;
}

}  // namespace dvfo::link::faults
