#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>

#include "link/faults/toxic.hpp"

namespace dvfo::link::faults {
namespace {

/// Which bytes it meets depends on their place in the stream alone, not on how the stream is cut into chunks.
class bit_flipper : public toxic {
 public:
  bit_flipper(double probability, random_source random) : probability_(probability), random_(random), left_(gap()) {}

  void pass(chunk arriving, outlet& out) override {
    std::uint64_t here = 0;
    while (arriving.bytes.size() - here > left_) {
      here += left_;
      auto& byte = arriving.bytes[here];
      byte = static_cast<char>(static_cast<unsigned char>(byte) ^ (1U << (random_.bits() % 8)));
      ++here;
      left_ = gap();
    }
    left_ -= arriving.bytes.size() - here;
    out.leave(std::move(arriving));
  }

 private:
  /// Bytes that are left alone before the next: geometrically distributed.
  std::uint64_t gap() {
    constexpr auto never = std::numeric_limits<std::uint64_t>::max();
    if (probability_ <= 0.0) return never;
    if (probability_ >= 1.0) return 0;
    const double drawn = std::floor(std::log1p(-random_.uniform()) / std::log1p(-probability_));
    return drawn < 1e18 ? static_cast<std::uint64_t>(drawn) : never;
  }

  double probability_;
  random_source random_;
  std::uint64_t left_;
};

toxic_factory prepare(const attribute_values& values) {
  return [probability = number(values, "probability")](const making& how) {
    return std::make_unique<bit_flipper>(probability, how.random);
  };
}

}  // namespace

const toxic_kind& corrupt() {
  static const toxic_kind kind{"corrupt",
                               "single bits arrive flipped",
                               {{"probability", "0–1", "chance that a byte has one flipped", 0.0, 0.0, 1.0}},
                               &prepare};
  return kind;
}

}  // namespace dvfo::link::faults
