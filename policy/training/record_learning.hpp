#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "policy/agent/policy_bundle.hpp"
#include "policy/experience/experience.hpp"
#include "policy/training/training_scenario.hpp"

namespace dvfo::policy {

struct record_options {
  std::int64_t steps = 2000;    ///< gradient steps
  double learning_rate = 1e-5;  ///< of Adam: the network is good already, and what really happened is noisy
  int minibatch = 256;          ///< DVFO §6.1
  double gamma = 0.5;           ///< as the shipped policy was trained
  double huber_width = 0.3;     ///< likewise
  std::uint64_t seed = 1;
};

/// What came of it. TD errors are in units of the reward, the logarithm of a cost.
struct record_report {
  std::size_t used = 0;          ///< tasks that were learned from
  std::size_t passed_over = 0;   ///< degraded, without energy, or of a decision that the policy cannot make
  double td_error_before = 0.0;  ///< mean |TD error| over the first tenth of the steps,
  double td_error_after = 0.0;   ///< and over the last
};

/// Goes on with a policy's training on recorded tasks, in the order in which they ran: the same targets as in virtual
/// time (training_environment.hpp), only that the world was the real one. It learns the worth of what was decided;
/// nobody explores on users' tasks. Changes `policy.network` and `steps`. Throws std::invalid_argument for a policy
/// that was not trained for this board and model, and for fewer usable tasks than a minibatch.
record_report learn_from_record(policy_bundle& policy, const training_scenario& where,
                                std::span<const experience> tasks, const record_options& options);

}  // namespace dvfo::policy
