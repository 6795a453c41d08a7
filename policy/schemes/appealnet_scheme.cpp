#include "policy/schemes/appealnet_scheme.hpp"

#include <stdexcept>
#include <string>

namespace dvfo::policy {

appealnet_scheme::appealnet_scheme(double skipping_rate, std::uint64_t seed)
    : skipping_rate_(skipping_rate), random_(seed) {
  if (!(skipping_rate >= 0.0 && skipping_rate <= 1.0)) {
    throw std::invalid_argument("skipping rate is " + std::to_string(skipping_rate) +
                                ", expected 0 (all appeal) to 1 (none does)");
  }
}

decision appealnet_scheme::decide(const situation&) {
  const double drawn = static_cast<double>(random_() >> 11) * 0x1.0p-53;
  return {{}, drawn < skipping_rate_ ? 0.0 : 1.0, carrier::appeal};
}

void appealnet_scheme::observe(const outcome&) {
  // nop: its discriminator was trained beforehand
}

}  // namespace dvfo::policy
