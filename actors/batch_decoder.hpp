#pragma once

#include <functional>

#include "actors/interfaces.hpp"
#include "inference/codec/feature_codec.hpp"

namespace dvfo::actors {

/// Decodes every frame of a batch; a bad one marks its own item. Never throws on any frame. `now` is the clock that the
/// frames are timed with.
decoded_batch decode(const inference::feature_format& format, const batch_job& job,
                     const std::function<time_point()>& now);

struct batch_decoder_state {
  static inline const char* name = "batch_decoder";
  inference::feature_format format;
};

batch_decoder_actor::behavior_type batch_decoder(batch_decoder_actor::stateful_pointer<batch_decoder_state> self,
                                                 inference::feature_format format);

}  // namespace dvfo::actors
