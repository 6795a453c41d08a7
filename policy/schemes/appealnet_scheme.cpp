#include "policy/schemes/appealnet_scheme.hpp"

#include <stdexcept>
#include <string>
#include <utility>

namespace dvfo::policy {

appealnet_scheme::appealnet_scheme(double skipping_rate, std::uint64_t seed)
    : skipping_rate_(skipping_rate), random_(seed) {
  if (!(skipping_rate >= 0.0 && skipping_rate <= 1.0)) {
    throw std::invalid_argument("skipping rate is " + std::to_string(skipping_rate) +
                                ", expected 0 (all appeal) to 1 (none does)");
  }
}

appealnet_scheme::appealnet_scheme(std::vector<std::uint8_t> accepts) : accepts_(std::move(accepts)) {
  if (accepts_.empty()) throw std::invalid_argument("appealnet has no images to decide on, expected at least one");
}

bool appealnet_scheme::accepts_next() {
  if (accepts_.empty()) return static_cast<double>(random_() >> 11) * 0x1.0p-53 < skipping_rate_;
  const bool out = accepts_[next_] != 0;
  next_ = (next_ + 1) % accepts_.size();
  return out;
}

decision appealnet_scheme::decide(const situation&) { return {{}, accepts_next() ? 0.0 : 1.0, sending::appeal}; }

void appealnet_scheme::observe(const outcome&) {
  // nop: its discriminator was trained beforehand
}

}  // namespace dvfo::policy
