#include "cli/commands/train/policy_models.hpp"

#include "configuration/paths.hpp"
#include "evaluation/picture_sets.hpp"
#include "inference/data/dataset.hpp"
#include "inference/model.hpp"
#include "inference/model_bundle.hpp"
#include "policy/training/bundle_models.hpp"

namespace dvfo::cli {

policy::named_model find_model_bundle(const std::string& bundle) {
  inference::prepare_for_single_images();
  return policy::model_of_bundle(configuration::find_bundle(bundle),
                                 inference::open_dataset("procedural", inference::subset::test));
}

std::vector<std::vector<float>> find_importances(const std::string& bundle, const std::string& data,
                                                 std::size_t count) {
  inference::prepare_for_single_images();
  const auto loaded = inference::model_bundle::load(configuration::find_bundle(bundle));
  const auto& dataset = loaded.manifest().dataset;
  const bool has_data = dataset != "procedural" && !data.empty();
  const auto images = inference::open_dataset(has_data ? configuration::find_data(data, dataset) : "procedural",
                                              inference::subset::train);
  return policy::importances_of_bundle(loaded, evaluation::sampled_images(*images, count));
}

}  // namespace dvfo::cli
