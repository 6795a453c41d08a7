#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "inference/architectures/architecture.hpp"
#include "inference/data/dataset.hpp"
#include "inference/training/options.hpp"

namespace dvfo::inference {

/// One phase of a training, by the name that training_progress has for it.
struct planned_phase {
  std::string name;
  int epochs = 0;
  int small_epochs = 0;  ///< the first ones, which see parts of pictures
};

/// Phases that have epochs, in their order: "reference", "joint", "widths".
std::vector<planned_phase> phases_of(const training_options& options);

/// Sizes of the network that these options make for these pictures.
architecture_options sizes_of(const training_options& options, const dataset& data);

/// What a training is going to do with the pictures that it found.
struct training_plan {
  std::string dataset;
  std::size_t pictures = 0;   ///< to learn from, those held back included
  std::size_t held_back = 0;  ///< of them
  std::size_t tested = 0;     ///< pictures that measure the result
  std::size_t classes = 0;
  int side = 0;  ///< of a picture, pixels
  std::vector<planned_phase> phases;
  std::size_t steps = 0;  ///< in an epoch
  double seconds = 0.0;   ///< about what all phases take together on this machine
};

/// Looks at the data and tries steps of each phase on a network of the same form, for a second or a few; the training
/// itself is not influenced. `options`: completed() and fitted(). Throws option_error as expect_trainable() does, and
/// what the data set throws.
training_plan plan_training(const training_options& options, const dataset& train, const dataset& test);

}  // namespace dvfo::inference
