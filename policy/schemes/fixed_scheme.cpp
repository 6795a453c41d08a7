#include <stdexcept>
#include <string>

#include "policy/schemes/fixed_scheme.hpp"

namespace dvfo::policy {

fixed_scheme::fixed_scheme(double share, const device::clocks& clocks, sending sends)
    : decision_{clocks, share, sends} {
  if (!(share >= 0.0 && share <= 1.0)) {
    throw std::invalid_argument("share is " + std::to_string(share) + ", expected 0 (edge only) to 1 (cloud only)");
  }
}

decision fixed_scheme::decide(const situation&) { return decision_; }

void fixed_scheme::observe(const outcome&) {
  // nop: nothing to learn
}

}  // namespace dvfo::policy
