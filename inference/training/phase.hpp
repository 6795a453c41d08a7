#pragma once

#include <torch/torch.h>

#include <filesystem>
#include <functional>
#include <string>

#include "inference/batches.hpp"
#include "inference/training/options.hpp"

namespace dvfo::inference {

/// What one training step gives back.
struct step_result {
  torch::Tensor loss;    ///< scalar, with gradient
  torch::Tensor logits;  ///< what accuracy is counted on
};

/// One phase of training: epochs of steps over a module, with a schedule and a checkpoint after each epoch.
struct phase {
  std::string name;
  int epochs = 0;
  double peak_rate = 0.0;
  int small_epochs = 0;  ///< the first ones, which see parts of pictures
  int small_side = 0;    ///< pixels
  torch::nn::Module* module = nullptr;
  std::filesystem::path checkpoint;
  /// Called before an epoch (0-based): switches modes.
  std::function<void(int)> before_epoch;
  std::function<step_result(const batch&, std::uint64_t step)> step;
};

/// Runs what is left of a phase. Resuming after a kill gives the same result as never having been killed.
void run_phase(const phase& what, const image_store& images, const training_options& options,
               const progress_callback& progress);

}  // namespace dvfo::inference
