#pragma once

#include <torch/torch.h>

#include "inference/batches.hpp"
#include "inference/layers/split_network.hpp"

namespace dvfo::inference {

/// A training of few steps may never have drawn one of the local widths while ranges were observed: int8 execution
/// could not run it. Such a width gets statistics and activation ranges from `images`; all others stay as they are.
/// `split` is in eval mode, and left so.
void observe_unseen_widths(split_network& split, const image_store& images, int batch_size, torch::Device device);

}  // namespace dvfo::inference
