#include "actors/batch_decoder.hpp"

#include <span>
#include <utility>

#include <caf/actor_system.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/caf_compat.hpp"
#include "inference/error.hpp"
#include "inference/tasks/task.hpp"

namespace dvfo::actors {

namespace {

std::size_t value_count(const inference::feature_format& format) {
  return static_cast<std::size_t>(format.channels) * static_cast<std::size_t>(format.height) *
         static_cast<std::size_t>(format.width);
}

/// Decodes one frame. A frame that fails is the sender's fault and marks the item.
std::vector<float> decode_one(const inference::feature_format& format, const std::string& frame, batch_item& item) {
  std::vector<float> features(value_count(format));
  try {
    inference::decode_features(format, std::as_bytes(std::span(frame)), features);
  } catch (const inference::error& failure) {
    item.bad_frame = true;
    item.error = failure.what();
    features.clear();
  }
  return features;
}

/// As decode_one(), for an input that was sent itself.
inference::any_input decode_input(const batch_kind& kind, const std::string& frame, batch_item& item) {
  try {
    return inference::decode_input(coding_of(kind.frames), kind.width, std::as_bytes(std::span(frame)),
                                   "the request's frame");
  } catch (const inference::error& failure) {
    item.bad_frame = true;
    item.error = failure.what();
    return {};
  }
}

}  // namespace

decoded_batch decode(const inference::feature_format& format, const batch_job& job,
                     const std::function<time_point()>& now) {
  decoded_batch out;
  out.kind = job.kind;
  out.items.resize(job.frames->size());
  for (std::size_t i = 0; i < job.frames->size(); ++i) {
    const auto start = now();
    const auto& frame = (*job.frames)[i];
    auto& item = out.items[i];
    if (out.is_whole()) {
      out.inputs.push_back(decode_input(job.kind, frame, item));
    } else {
      out.features.push_back(decode_one(format, frame, item));
    }
    item.decode_seconds = seconds_between(start, now());
    if (!item.bad_frame) {
      out.where.push_back(i);
    } else if (out.is_whole()) {
      out.inputs.pop_back();
    } else {
      out.features.pop_back();
    }
  }
  return out;
}

batch_decoder_actor::behavior_type batch_decoder(batch_decoder_actor::stateful_pointer<batch_decoder_state> self,
                                                 inference::feature_format format) {
  drop_strangers(self);
  self->state.format = std::move(format);
  return {
      [self](batch_atom, const batch_job& job, const remote_worker_actor& worker) -> caf::result<batch_result> {
        try {
          return self->delegate(worker, batch_atom{},
                                decode(self->state.format, job, [self] { return self->clock().now(); }));
        } catch (const std::exception& failure) {
          return make_failure(ec::inference, failure.what());
        }
      },
  };
}

}  // namespace dvfo::actors
