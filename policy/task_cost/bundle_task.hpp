#pragma once

#include "inference/data/dataset.hpp"
#include "inference/model_bundle.hpp"
#include "policy/task_cost/task_model.hpp"

namespace dvfo::policy {

/// A bundle's task for the physics: work from its architecture, bytes from real frames of the first images of `images`
/// (message headers included, CAF's not), accuracies as measured when the bundle was made. The cloud's time is derived
/// from a published server GPU. `element_bytes`: of a value on the board's own engine.
task_model task_of(const inference::model_bundle& bundle, const inference::dataset& images, double element_bytes);

}  // namespace dvfo::policy
