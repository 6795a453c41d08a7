#pragma once

#include <memory>

#include "policy/decision.hpp"
#include "policy/outcome.hpp"

namespace dvfo::policy {

/// A way to decide. Not thread-safe: one owner (the policy actor) at a time. The calls alternate freely; `observe` may
/// skip decisions whose task was never answered.
class scheme {
 public:
  virtual ~scheme() = default;

  /// The decision for the next task, made from the newest sensed state while the task before it still runs (thinking
  /// while moving, DVFO §5.1). Must return within milliseconds.
  [[nodiscard]] virtual decision decide(const situation& now) = 0;

  /// What a task cost that one of the decisions was for.
  virtual void observe(const outcome& result) = 0;
};

/// The same decision for every task: the user's share and clocks. `edge-only` is share 0, `cloud-only` share 1,
/// `cloud-jpeg` share 1 of the compressed input.
class fixed_scheme final : public scheme {
 public:
  /// Throws std::invalid_argument unless 0 ≤ share ≤ 1.
  explicit fixed_scheme(double share, const device::clocks& clocks = {}, carrier sends = carrier::features);

  [[nodiscard]] decision decide(const situation& now) override;
  void observe(const outcome& result) override;

 private:
  decision decision_;
};

}  // namespace dvfo::policy
