#pragma once

#include <variant>

#include "inference/image.hpp"
#include "inference/tasks/classification.hpp"

/// Every kind of task that there is. What is above this room holds these variants and hands them on (task.hpp); it
/// never asks which kind it has, so that another kind is a line here, its own file beside classification.hpp, and cases
/// in task.cpp and inference/execution/model.cpp.
///
/// A prediction and a truth have a `key`, the field by which a reader of reports knows the kind (no two kinds have the
/// same), and each_field(side, self), which shows side.value(key, field) every field, to write or to read it. A
/// prediction also has to_text() and is_correct(truth of its kind).
namespace dvfo::inference {

/// What a task is asked about.
using any_input = std::variant<image>;

/// What a network says of it.
using any_prediction = std::variant<class_prediction>;

/// What is true of it, where that is known.
using any_truth = std::variant<class_truth>;

}  // namespace dvfo::inference
