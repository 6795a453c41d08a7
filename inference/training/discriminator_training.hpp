#pragma once

#include <cstdint>
#include <vector>

#include "inference/discriminator.hpp"

namespace dvfo::inference {

/// One image as both networks answer it.
struct appeal_sample {
  discriminator::features seen{};  ///< of the local DNN's logits at share 0
  double local_loss = 0.0;         ///< cross-entropy of that answer
  double cloud_loss = 0.0;         ///< and of the cloud's
  bool is_local_right = false;
  bool is_cloud_right = false;
};

struct discriminator_options {
  double beta = 0.1;  ///< price of an appeal, in nats: an answer may be that much worse before it pays to appeal
  double learning_rate = 0.02;  ///< of Adam
  double weight_decay = 1e-3;   ///< keeps q from settling at 0 or 1, where no threshold tells answers apart
  int steps = 2000;             ///< over all samples at once
  std::uint64_t seed = 1;
};

/// AppealNet's joint loss with the local DNN frozen: the mean of q · L(local) + (1 − q) · L(cloud) − β · log q, by
/// Adam. Parameters come rounded to four decimals, as they are stored. The same samples and options give the same
/// parameters. Throws error(bad_argument) for no samples, or options that cannot be.
discriminator train_discriminator(const std::vector<appeal_sample>& samples, const discriminator_options& options);

/// What accepting by a threshold comes to on some images.
struct appeal_figures {
  double threshold = 0.0;
  double skipping_rate = 0.0;
  double top1 = 0.0;           ///< percent, all answers together
  double top1_accepted = 0.0;  ///< percent of what is accepted; 0 where nothing is
  double top1_appealed = 0.0;  ///< percent of what appeals; 0 where nothing does
};
appeal_figures judge(const discriminator& head, double threshold, const std::vector<appeal_sample>& samples);

/// The threshold that accepts this share of the samples, at least 0 and at most 1: δ as AppealNet sweeps it.
double threshold_for(const discriminator& head, double skipping_rate, const std::vector<appeal_sample>& samples);

/// The greatest skipping rate, in steps of a hundredth, whose answers on these samples are at most `loss_points` worse
/// than the cloud's alone.
double skipping_rate_within(const discriminator& head, double loss_points, const std::vector<appeal_sample>& samples);

}  // namespace dvfo::inference
