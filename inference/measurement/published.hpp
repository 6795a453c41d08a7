#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "inference/architectures/architecture.hpp"
#include "inference/data/dataset.hpp"
#include "inference/progress.hpp"

namespace dvfo::inference {

/// What a published network, unsplit and in float, answers on a data set.
struct published_accuracy {
  std::size_t images = 0;
  std::size_t classes = 0;      ///< that the network tells apart
  double top1 = 0.0;            ///< percent, among all of them
  double top5 = 0.0;            ///< percent, among all of them
  double top1_of_labels = 0.0;  ///< percent, among the data set's labels alone
};

/// Measures published weights (`folder`: published/given_weights.hpp) of an architecture of these sizes, whatever their
/// `classes`, on every image of `data`. `progress` counts images. Throws error(bad_dataset |
/// bad_argument) for weights that are damaged, do not fit, or do not know a label.
published_accuracy measure_published(const std::filesystem::path& folder, const std::string& architecture_name,
                                     architecture_options sizes, const dataset& data, const count_callback& progress);

}  // namespace dvfo::inference
