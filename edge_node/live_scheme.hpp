#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "edge_node/edge_board.hpp"
#include "edge_node/settings.hpp"
#include "inference/model_bundle.hpp"
#include "policy/scheme.hpp"

namespace dvfo::edge_node {

/// The board settings that the scheme needs: all but `fixed`, which has --clocks, and the kernel's own governors order
/// clocks. Throws configuration::usage_error for options that belong to another scheme, and for names of none.
board_settings board_settings_of(const settings& how);

/// A scheme for the policy actor.
struct live_scheme {
  std::shared_ptr<policy::scheme> scheme;
  bool is_blocking = false;  ///< it is asked when the task is there, which waits
};

/// The scheme that the settings name, with all that it decides by; what it leaves alone stands at the highest clocks.
/// A scheme that learns has its tasks of virtual time first. Complaints (a policy on a board that it was not trained
/// for, a sensor that tells nonsense) go to the log, once each. `board` may be null. Throws configuration::usage_error
/// for a scheme that cannot run live or not here, std::runtime_error for a policy bundle that cannot be used.
live_scheme make_live_scheme(const settings& how, const edge_board* board, const inference::model_bundle& bundle);

/// Whether a local answer holds, from its logits: AppealNet's discriminator, which lies in the bundle. Empty for other
/// schemes. Throws inference::error(bad_bundle) that says how to train one where there is none.
std::function<bool(const std::vector<float>&)> make_appeal_judge(const settings& how,
                                                                 const inference::bundle_manifest& manifest);

}  // namespace dvfo::edge_node
