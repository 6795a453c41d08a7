#include "policy/cost.hpp"

#include <cmath>
#include <stdexcept>
#include <string>

namespace dvfo::policy {
namespace {

void check(const char* what, double value, double highest, const char* expected) {
  if (std::isfinite(value) && value >= 0.0 && value <= highest) return;
  throw std::invalid_argument(std::string(what) + " is " + std::to_string(value) + ", expected " + expected);
}

}  // namespace

double task_cost(double eta, double eti_joules, double tti_seconds, double max_power_watts) {
  constexpr double any = 1e300;
  check("eta", eta, 1.0, "0 (latency only) to 1 (energy only)");
  check("eti_joules", eti_joules, any, "a finite energy, at least 0");
  check("tti_seconds", tti_seconds, any, "a finite time, at least 0");
  check("max_power_watts", max_power_watts, any, "a finite power, at least 0");
  return eta * eti_joules + (1.0 - eta) * max_power_watts * tti_seconds;
}

}  // namespace dvfo::policy
