#include "policy/experience/experience.hpp"

#include <utility>

namespace dvfo::policy {

experience experience_of(situation seen, const outcome& cost) {
  const auto energy = eti(cost);
  return {.task_id = cost.task_id,
          .seen = std::move(seen),
          .decided = cost.decided,
          .tti_seconds = cost.tti,
          .joules = energy.joules,
          .is_measured = energy.source == energy_source::measured,
          .share = cost.share,
          .degraded = cost.degraded};
}

}  // namespace dvfo::policy
