#pragma once

#include <cstdint>
#include <random>

#include "policy/scheme.hpp"

namespace dvfo::policy {

/// `appealnet` in virtual time (Li et al., DAC 2021): the local DNN answers every task; a discriminator accepts the
/// answer of `skipping_rate` of them and appeals to the cloud with the input for the others. No clocks. Which task is
/// hard is drawn, because in virtual time there are no images.
class appealnet_scheme final : public scheme {
 public:
  /// Throws std::invalid_argument unless 0 ≤ skipping_rate ≤ 1.
  appealnet_scheme(double skipping_rate, std::uint64_t seed);

  [[nodiscard]] decision decide(const situation& now) override;
  void observe(const outcome& result) override;

 private:
  double skipping_rate_;
  std::mt19937_64 random_;
};

}  // namespace dvfo::policy
