#pragma once

#include <cstdint>

#include "policy/decision.hpp"
#include "policy/outcome.hpp"

namespace dvfo::policy {

/// How a scheme thinks while the world moves.
enum class thinking : std::uint8_t {
  concurrent,  ///< for the next task while the present one is on its way (DVFO §5.1, Eq. 15)
  blocking,    ///< when the task is there, which waits for it; it does not know what was done before, nor what the
               ///< clocks still have to go
};

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

  /// Whether it learns from outcomes while it decides. Such a scheme gets a warm-up (schemes/warm_up.hpp).
  [[nodiscard]] virtual bool learns() const { return false; }

  /// A scheme that learns explores until it is told to stop; what it observes it learns from in either case.
  virtual void explore(bool /*on*/) {}
};

}  // namespace dvfo::policy
