#include "policy/training/bundle_models.hpp"

#include <utility>

#include "inference/model.hpp"
#include "policy/task_cost/bundle_task.hpp"

namespace dvfo::policy {

named_model model_of_bundle(const std::filesystem::path& folder, std::shared_ptr<const inference::dataset> images) {
  const auto bundle = std::make_shared<inference::model_bundle>(inference::model_bundle::load(folder));
  return {bundle->manifest().name, [bundle, images = std::move(images)](double element_bytes) {
            return task_of(*bundle, *images, element_bytes);
          }};
}

std::vector<std::vector<float>> importances_of_bundle(const inference::model_bundle& bundle,
                                                      const inference::dataset& images) {
  inference::edge_model edge(bundle);
  std::vector<std::vector<float>> out;
  out.reserve(images.size());
  for (std::size_t i = 0; i < images.size(); ++i) out.push_back(edge.extract(images.at(i).picture).importance);
  return out;
}

}  // namespace dvfo::policy
