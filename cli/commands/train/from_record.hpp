#pragma once

#include <string>
#include <vector>

#include "policy/training/record_learning.hpp"

namespace dvfo::cli {

/// `dvfo train policy --from-record`.
struct record_request {
  std::string record;                ///< file of dvfo-edge --record; FILE.1 beside it is read first
  std::string policy;                ///< to begin from: a folder, or a name in $DVFO_BUNDLES; empty: the shipped one
  std::vector<std::string> bundles;  ///< where to look for the model of the record; empty: the project's own
  std::string output;                ///< folder of the new policy bundle
  policy::record_options options;
};

/// Goes on with a policy's training on recorded tasks and writes it. Returns the program's exit code. Throws
/// configuration::usage_error for a record that cannot be used. Only in builds with nodes (build.hpp).
int continue_policy(const record_request& what);

}  // namespace dvfo::cli
