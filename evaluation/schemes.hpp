#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "policy/environment/link_trace.hpp"
#include "policy/environment/task_physics.hpp"
#include "policy/environment/world.hpp"

namespace dvfo::evaluation {

/// One comparison of schemes in virtual time: the same board, tasks, links and seeds for every scheme.
struct schemes_case {
  const policy::task_physics* physics = nullptr;
  std::vector<policy::link_trace> links;  ///< the tasks are divided among them
  double rtt_seconds = 0.004;
  double eta = 0.5;
  double max_power_watts = 15.0;  ///< MaxPower of DVFO Eq. 4
  std::size_t tasks = 1000;
  policy::arrivals when;
  std::uint64_t seed = 1;
};

/// Means over all tasks of one scheme.
struct scheme_row {
  std::string scheme;
  double tti_mean = 0.0, tti_p50 = 0.0, tti_p99 = 0.0;  ///< seconds, from arrival to answer
  double eti_mean = 0.0;                                ///< joules, estimated by the physics
  double cost_mean = 0.0;                               ///< DVFO Eq. 4
  std::optional<double> accuracy;                       ///< percent; absent for a model without measured accuracy
  double regret = 0.0;                                  ///< mean cost / the oracle's mean cost − 1
  double share_mean = 0.0;
};

/// Schemes that evaluate_schemes knows.
std::vector<std::string> scheme_names();

/// One row a name, in the order asked for; the oracle runs in any case, for the regret. Throws std::invalid_argument
/// that lists the names for one it does not know, and for a case without links or tasks.
std::vector<scheme_row> evaluate_schemes(const schemes_case& what, const std::vector<std::string>& names);

}  // namespace dvfo::evaluation
