#pragma once

#include <optional>
#include <string>
#include <vector>

#include "policy/schemes/scheme_table.hpp"
#include "policy/task_cost/task_physics.hpp"

namespace dvfo::evaluation {

/// One situation in which every scheme is asked.
struct explained_case {
  const policy::task_physics* physics = nullptr;
  policy::link_conditions link;
  double eta = 0.5;
  double max_power_watts = 15.0;
  device::clocks previous;     ///< clocks before; absent: the highest
  std::size_t warm_up = 5000;  ///< tasks that a learner has in this situation before it is asked
  policy::discriminator_figures discriminator;
  const policy::policy_bundle* trained = nullptr;           ///< for "dvfo"
  const policy::policy_bundle* trained_blocking = nullptr;  ///< for "dvfo-blocking"
  std::uint64_t seed = 1;
};

/// A decision, and what it comes to when its clocks have settled. What a scheme draws is a mean over many decisions.
struct explained_row {
  std::string scheme;
  std::string sends;  ///< "features", "compressed" …
  double share = 0.0;
  device::simulated::operating_clocks at;  ///< ordered, or where they stand
  double tti_seconds = 0.0;
  double eti_joules = 0.0;
  double cost = 0.0;
  double regret = 0.0;  ///< against the oracle in the same situation
  std::optional<double> top1;
};

/// One row a name, in the order asked for. Throws std::invalid_argument as find_schemes does, and for a link without
/// bandwidth.
std::vector<explained_row> explain_schemes(const explained_case& what, const std::vector<std::string>& names);

}  // namespace dvfo::evaluation
