#pragma once

#include <optional>

#include "device/simulated/physics.hpp"
#include "inference/architectures/part_costs.hpp"
#include "policy/outcome.hpp"

namespace dvfo::policy {

/// How long the radio sent for a task that has run: the bits at the link's estimated rate, at most the whole transfer.
double sending_seconds(const outcome& task);

/// Joules of a task that has run, from its own times and the modelled power: busy while the edge computes, idle while
/// it waits, the radio while it sends (DVFO Eq. 10–12, waiting included), on a die as warm as it gets without work.
/// Absent where no clock is known: which ones a governor chose meanwhile is not known then, so neither is the power.
/// Thread-safe.
std::optional<double> estimated_joules(const device::simulated::physics& board, const inference::model_costs& costs,
                                       const outcome& task);

}  // namespace dvfo::policy
