#pragma once

#include "policy/scheme.hpp"

namespace dvfo::policy {

/// The same decision for every task: the user's share and clocks. `edge-only` is share 0, `cloud-only` share 1,
/// `cloud-jpeg` share 1 of the compressed input.
class fixed_scheme final : public scheme {
 public:
  /// Throws std::invalid_argument unless 0 ≤ share ≤ 1.
  explicit fixed_scheme(double share, const device::clocks& clocks = {}, sending sends = sending::features);

  [[nodiscard]] decision decide(const situation& now) override;
  void observe(const outcome& result) override;

 private:
  decision decision_;
};

}  // namespace dvfo::policy
