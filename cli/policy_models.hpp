#pragma once

#include <string>

#include "policy/environment/training_scenario.hpp"

namespace dvfo::cli {

/// A model bundle (a folder, or a name in $DVFO_BUNDLES) as a model that a policy is trained for. Frames are measured
/// on the procedural images, for which no data must be there. Throws what loading a bundle throws.
policy::named_model model_of_bundle(const std::string& bundle);

}  // namespace dvfo::cli
