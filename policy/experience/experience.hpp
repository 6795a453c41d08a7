#pragma once

#include <cstdint>
#include <optional>

#include "policy/decision.hpp"
#include "policy/outcome.hpp"

namespace dvfo::policy {

/// One task for learning: what the scheme saw, what it decided, what that cost.
struct experience {
  std::uint64_t task_id = 0;  ///< ascending in the order of the decisions
  situation seen = {};
  decision decided = {};
  double tti_seconds = 0.0;
  std::optional<double> joules = {};  ///< ETI, measured where it is, else estimated; absent without either
  bool is_measured = false;
  double share = 0.0;  ///< as it ran
  degraded_reason degraded = degraded_reason::none;
  friend bool operator==(const experience&, const experience&) = default;
};

/// What a task teaches whose decision was made from `seen`.
experience experience_of(situation seen, const outcome& cost);

}  // namespace dvfo::policy
