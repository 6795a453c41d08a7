#pragma once

namespace dvfo::policy {

/// C = η · ETI + (1 − η) · MaxPower · TTI in joules (DVFO Eq. 4 as printed: η = 1 counts energy only, η = 0 latency
/// only). Throws std::invalid_argument naming the value for η outside [0, 1] and for anything negative or not finite.
double task_cost(double eta, double eti_joules, double tti_seconds, double max_power_watts);

}  // namespace dvfo::policy
