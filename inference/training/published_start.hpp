#pragma once

#include <torch/torch.h>

#include "inference/batches.hpp"
#include "inference/progress.hpp"
#include "inference/published/given_weights.hpp"

namespace dvfo::inference {

/// What training from published weights does otherwise than training from nothing: who teaches, how networks begin and
/// what of them learns.
class published_start {
 public:
  /// Puts the channels of `weights`, which belong to `net`, in order and takes statistics from `images`. `progress`
  /// counts the images that order them. Throws error(bad_argument) as given_network does.
  published_start(const architecture& net, const given_weights& weights, const image_store& images,
                  torch::Device device, const count_callback& progress);

  /// Begins the reference with what it shares with the published network, and keeps of both networks what
  /// keep_published() keeps.
  void begin(reference_network& reference, split_network& split);

  /// What the published network answers to `images`: the teacher.
  network_impl::answer explain(const torch::Tensor& images) { return given_->explained(images); }

 private:
  torch::Device device_;
  torch::Tensor sample_;  // images that statistics come from
  given_network given_{nullptr};
};

/// Keeps what training on few pictures would spoil of a network that began with published weights: the first stage, the
/// later half of the remote weights, and all normalisation, which was folded into those weights and so stays a scale
/// and a shift, learned on, whatever a batch is like.
void keep_published(split_network& split);

/// What the front makes of many pictures ([N, 3, S, S], 0…1), some at a time: the first stage's maps are much larger
/// than features. Without gradient.
attended extract(front& stage, const torch::Tensor& images, torch::Device device);

/// Begins the local widths from number `first` on as near to the reference as closed forms come (width_fit): what
/// published weights know, the pictures at hand could not teach again. `progress` counts widths.
void fit_widths(split_network& split, reference_network& reference, const image_store& images, std::size_t first,
                torch::Device device, const count_callback& progress);

/// Gives the remote trunk weights of its own for every share, the closed forms for what it receives there: joint
/// training has to serve all shares with the same weights. A cloud node folds normalisation into a copy for every share
/// anyway, so that it costs none of its memory. `progress` counts shares.
void fit_shares(split_network& split, reference_network& reference, const image_store& images, torch::Device device,
                const count_callback& progress);

}  // namespace dvfo::inference
