#pragma once

#include <variant>

#include "inference/image.hpp"
#include "inference/tasks/classification.hpp"
#include "tests/edge_node/second_kind/transcription.hpp"

/// Stands before the real file of this name on second_kind_test's path.
namespace dvfo::inference {

using any_input = std::variant<image, tests::sound>;
using any_prediction = std::variant<class_prediction, tests::transcript>;
using any_truth = std::variant<class_truth, tests::spoken>;

}  // namespace dvfo::inference
