#pragma once

#include <vector>

#include "evaluation/accuracy.hpp"
#include "inference/training/discriminator_training.hpp"

namespace dvfo::evaluation {

/// Every image as AppealNet meets it: the int8 local DNN's answer at share 0, and that of the unsplit network to the
/// image as the JPEG that an appeal sends. Throws what accuracy throws.
std::vector<inference::appeal_sample> collect_appeals(const inference::model_bundle& bundle,
                                                      const inference::dataset& images,
                                                      const progress_callback& progress);

/// Whether the rule accepts the local answer, for each of `count` images that are drawn at random, always the same
/// ones.
std::vector<std::uint8_t> accepted_images(const inference::model_bundle& bundle, const inference::appeal_rule& rule,
                                          const inference::dataset& images, std::size_t count);

}  // namespace dvfo::evaluation
