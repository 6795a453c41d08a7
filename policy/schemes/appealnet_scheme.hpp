#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "policy/scheme.hpp"

namespace dvfo::policy {

/// `appealnet` in virtual time (Li et al., DAC 2021): the local DNN answers every task; a discriminator accepts the
/// answer or appeals to the cloud with the input. No clocks. Which tasks are hard is as found on test images, one after
/// another, or drawn at random by the share that is accepted, where there are no images.
class appealnet_scheme final : public scheme {
 public:
  /// Throws std::invalid_argument unless 0 ≤ skipping_rate ≤ 1.
  appealnet_scheme(double skipping_rate, std::uint64_t seed);
  /// `accepts`: 1 where the local answer will do; from the start again when it is over. Throws std::invalid_argument
  /// for none.
  explicit appealnet_scheme(std::vector<std::uint8_t> accepts);

  [[nodiscard]] decision decide(const situation& now) override;
  void observe(const outcome& result) override;

 private:
  [[nodiscard]] bool accepts_next();

  double skipping_rate_ = 0.0;
  std::mt19937_64 random_;
  std::vector<std::uint8_t> accepts_;
  std::size_t next_ = 0;
};

}  // namespace dvfo::policy
