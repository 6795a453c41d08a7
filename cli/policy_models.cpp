#include "cli/policy_models.hpp"

#include <memory>

#include "configuration/paths.hpp"
#include "inference/data/dataset.hpp"
#include "inference/model.hpp"
#include "inference/model_bundle.hpp"
#include "policy/environment/bundle_task.hpp"

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

}  // namespace dvfo::cli
