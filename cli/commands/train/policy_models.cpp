#include "cli/commands/train/policy_models.hpp"

#include <memory>

#include "configuration/paths.hpp"
#include "evaluation/picture_sets.hpp"
#include "inference/data/dataset.hpp"
#include "inference/model.hpp"
#include "inference/model_bundle.hpp"
#include "policy/task_cost/bundle_task.hpp"

namespace dvfo::cli {

policy::named_model model_of_bundle(const std::string& bundle) {
  inference::prepare_for_single_images();
  const auto loaded =
      std::make_shared<inference::model_bundle>(inference::model_bundle::load(configuration::find_bundle(bundle)));
  return {loaded->manifest().name, [loaded](double element_bytes) {
            const auto images = inference::open_dataset("procedural", inference::subset::test);
            return policy::task_of(*loaded, *images, element_bytes);
          }};
}

std::vector<std::vector<float>> importances_of_bundle(const std::string& bundle, const std::string& data,
                                                      std::size_t count) {
  inference::prepare_for_single_images();
  const auto loaded = inference::model_bundle::load(configuration::find_bundle(bundle));
  const auto& dataset = loaded.manifest().dataset;
  const bool has_data = dataset != "procedural" && !data.empty();
  const auto images = inference::open_dataset(has_data ? configuration::find_data(data, dataset) : "procedural",
                                              inference::subset::train);
  const evaluation::sampled_images drawn(*images, count);
  inference::edge_model edge(loaded);
  std::vector<std::vector<float>> out;
  out.reserve(drawn.size());
  for (std::size_t i = 0; i < drawn.size(); ++i) out.push_back(edge.extract(drawn.at(i).picture).importance);
  return out;
}

}  // namespace dvfo::cli
