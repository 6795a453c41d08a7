#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "inference/data/dataset.hpp"
#include "inference/model_bundle.hpp"
#include "policy/training/training_scenario.hpp"

/// Model bundles as what a policy is trained on. Runs their fronts: after inference::prepare_for_single_images().
namespace dvfo::policy {

/// The model bundle in a folder as a model that a policy is trained for; its frames are measured on `images`. Throws
/// what loading a bundle throws.
named_model model_of_bundle(const std::filesystem::path& folder, std::shared_ptr<const inference::dataset> images);

/// Importances that the bundle's attention finds, one row an image. Throws what `images` throws.
std::vector<std::vector<float>> importances_of_bundle(const inference::model_bundle& bundle,
                                                      const inference::dataset& images);

}  // namespace dvfo::policy
