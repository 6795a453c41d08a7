#pragma once

#include <array>

#include "evaluation/accuracy.hpp"
#include "policy/task_cost/task_model.hpp"

namespace dvfo::evaluation {

/// Top-1 in percent of every way that a bundle's task may go, on the deployed path.
struct task_accuracy {
  std::array<double, inference::trained_shares.size()> top1{};  ///< by share, with the bundle's λ
  double reference_top1 = 0.0;                                  ///< unsplit float model on the images as they are
  double jpeg_top1 = 0.0;                                       ///< and on their JPEGs, which `cloud-jpeg` sends
};

/// Measures it on every image. Throws as evaluate_accuracy.
task_accuracy measure_task_accuracy(const inference::model_bundle& bundle, const inference::dataset& images,
                                    const progress_callback& progress);

/// Puts it into the task's ways. A part of an uncompressed input has no accuracy: no network here takes one.
void set_accuracy(policy::task_model& task, const task_accuracy& found);

}  // namespace dvfo::evaluation
