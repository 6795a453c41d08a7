#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "link/trace.hpp"
#include "policy/environment/world.hpp"
#include "policy/schemes/scheme_table.hpp"
#include "policy/task_cost/task_physics.hpp"

namespace dvfo::evaluation {

/// One comparison of schemes in virtual time: the same board, tasks, links and seeds for every scheme.
struct schemes_case {
  const policy::task_physics* physics = nullptr;
  std::vector<link::trace> links;  ///< the tasks are divided among them
  double rtt_seconds = 0.004;
  double eta = 0.5;
  double max_power_watts = 15.0;  ///< MaxPower of DVFO Eq. 4
  std::size_t tasks = 1000;
  std::size_t warm_up = 5000;  ///< tasks that a learner has on the same links, with other arrivals, before it is judged
  policy::arrivals when;
  std::uint64_t seed = 1;
  policy::discriminator_figures discriminator;
  const policy::policy_bundle* trained = nullptr;           ///< for "dvfo"
  const policy::policy_bundle* trained_blocking = nullptr;  ///< for "dvfo-blocking"
  double thinking_seconds = 0.0;                            ///< that a blocking scheme makes each task wait
};

/// Mean and quantiles over tasks.
struct spread {
  double mean = 0.0, p50 = 0.0, p99 = 0.0;
};

/// What one scheme came to over all tasks.
struct scheme_row {
  std::string scheme;
  spread tti;                      ///< seconds, from arrival to answer
  spread eti;                      ///< joules, estimated by the physics
  spread cost;                     ///< DVFO Eq. 4
  std::optional<double> accuracy;  ///< percent; absent for a model without measured accuracy
  double regret = 0.0;             ///< mean cost / the oracle's mean cost − 1
  double share_mean = 0.0;
  double waited_mean = 0.0;  ///< seconds that a task waited for those before it
};

/// One row a name, in the order asked for (find_schemes); the oracle runs in any case, for the regret. Throws
/// std::invalid_argument for a name that it does not know, and for a case without links or tasks.
std::vector<scheme_row> evaluate_schemes(const schemes_case& what, const std::vector<std::string>& names);

/// Reduction 1 − V/A of `row` against `other` in mean TTI, ETI and cost (never A/V − 1: see docs/schemes.md).
struct reduction {
  double tti = 0.0, eti = 0.0, cost = 0.0;
};
reduction reduction_of(const scheme_row& row, const scheme_row& other);

}  // namespace dvfo::evaluation
