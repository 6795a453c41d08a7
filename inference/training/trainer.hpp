#pragma once

#include "inference/architectures/architecture.hpp"
#include "inference/data/dataset.hpp"
#include "inference/model_bundle.hpp"
#include "inference/training/options.hpp"

namespace dvfo::inference {

/// Trains a model bundle (DVFO §5.2, §6.1) and measures it: first the unsplit reference by itself, then — starting from
/// its weights and taught by it — extractor, SCAM, local and remote DNN together over random shares, the last epochs
/// with fake quantisation; then λ of every share and the learned fusions on held-back images; last the accuracy on the
/// test images. A checkpoint after every epoch lets a killed run go on where it was; the same seed and thread count
/// give the same bundle. The bundle is also written to options.output. Options are completed() and fitted() before.
/// Throws error(bad_argument | bad_dataset | io).
model_bundle train_model(const training_options& options, const progress_callback& progress);

/// The same on data sets that are already open.
model_bundle train_model(const training_options& options, const dataset& train, const dataset& test,
                         const progress_callback& progress);

/// Fills in what depends on other options: names, folders. Throws option_error for the first that is out of its range
/// (training_numbers()) or does not go with the others.
training_options completed(training_options options);

/// Fills in what depends on the pictures there are, where it is not given. Held back are 2,000, but at most a fifth; a
/// step sees 128, but at most an eighth of the others, 8 at least. Throws option_error where what is given leaves
/// nothing to learn from, error(bad_dataset) for a set of so few pictures that nothing can be done.
training_options fitted(training_options options, const dataset& train);

/// Throws option_error where `net` answers with no label or cannot take pictures as small as asked for.
void expect_trainable(const architecture& net, const training_options& options, int image_size);

}  // namespace dvfo::inference
