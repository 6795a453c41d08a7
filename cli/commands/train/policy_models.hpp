#pragma once

#include <string>
#include <vector>

#include "policy/training/training_scenario.hpp"

namespace dvfo::cli {

/// A model bundle (a folder, or a name in $DVFO_BUNDLES) as a model that a policy is trained for. Frames are measured
/// on the procedural images, for which no data must be there. Throws what loading a bundle throws.
policy::named_model model_of_bundle(const std::string& bundle);

/// Importances that the bundle's attention finds in `count` training images: of its own data set below `data`, or of
/// the procedural set where that is empty. Throws what loading a bundle and opening a data set throw.
std::vector<std::vector<float>> importances_of_bundle(const std::string& bundle, const std::string& data,
                                                      std::size_t count);

}  // namespace dvfo::cli
