#pragma once

#include <string>
#include <vector>

#include "policy/training/training_scenario.hpp"

/// Model bundles as a user names them for the training of a policy: a folder, or a name in $DVFO_BUNDLES.
namespace dvfo::cli {

/// As policy::model_of_bundle, with frames measured on the procedural images, for which no data must be there. Throws
/// usage_error where there is no such bundle.
policy::named_model find_model_bundle(const std::string& bundle);

/// As policy::importances_of_bundle, on `count` training images: of the bundle's own data set below `data`, or of the
/// procedural set where that is empty. Throws usage_error likewise, and what opening a data set throws.
std::vector<std::vector<float>> find_importances(const std::string& bundle, const std::string& data, std::size_t count);

}  // namespace dvfo::cli
