#include "actors/remote_worker.hpp"

#include <utility>

#include <caf/actor_system.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/caf_compat.hpp"
#include "inference/error.hpp"

namespace dvfo::actors {

namespace {

std::size_t value_count(const inference::feature_format& format) {
  return static_cast<std::size_t>(format.channels) * static_cast<std::size_t>(format.height) *
         static_cast<std::size_t>(format.width);
}

/// Decodes one frame. A frame that fails is the sender's fault and marks the item.
std::vector<float> decode(const inference::feature_format& format, const std::string& frame, batch_item& item) {
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

/// As decode(), for an input that was sent itself.
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

/// One pass over the sound frames; `where` says which item each belongs to.
template <class Pass>
void infer(Pass&& pass, std::span<const std::size_t> where, std::vector<batch_item>& items) {
  try {
    auto logits = pass();
    for (std::size_t i = 0; i < where.size(); ++i) items[where[i]].logits = std::move(logits.at(i));
  } catch (const std::exception& failure) {
    for (const auto index : where) {
      items[index].logits.clear();
      items[index].error = failure.what();
    }
  }
}

}  // namespace

batch_result remote_worker_state::compute(const batch_job& job, const std::function<time_point()>& now) const {
  batch_result result;
  result.started = now();
  result.items.resize(job.frames->size());
  const bool is_whole = job.kind.frames != messages::frame_kind::features;
  std::vector<std::vector<float>> features;
  std::vector<inference::any_input> inputs;
  std::vector<std::size_t> where;
  for (std::size_t i = 0; i < job.frames->size(); ++i) {
    const auto start = now();
    const auto& frame = (*job.frames)[i];
    auto& item = result.items[i];
    if (is_whole) {
      inputs.push_back(decode_input(job.kind, frame, item));
    } else {
      features.push_back(decode(format, frame, item));
    }
    item.decode_seconds = seconds_between(start, now());
    if (!item.bad_frame) {
      where.push_back(i);
    } else if (is_whole) {
      inputs.pop_back();
    } else {
      features.pop_back();
    }
  }
  if (where.empty()) return result;
  const auto start = now();
  infer([&] { return is_whole ? backend->infer_whole(inputs) : backend->infer_remote(features, job.kind.share); },
        where, result.items);
  result.compute_seconds = seconds_between(start, now());
  return result;
}

remote_worker_actor::behavior_type remote_worker(remote_worker_actor::stateful_pointer<remote_worker_state> self,
                                                 std::shared_ptr<cloud_backend> backend,
                                                 inference::feature_format format) {
  drop_strangers(self);
  self->state.backend = std::move(backend);
  self->state.format = std::move(format);
  return {
      [self](batch_atom, const batch_job& job) {
        return guarded([&] { return self->state.compute(job, [self] { return self->clock().now(); }); });
      },
  };
}

remote_worker_actor spawn_remote_worker(caf::actor_system& system, std::shared_ptr<cloud_backend> backend,
                                        inference::feature_format format) {
  return system.spawn<caf::detached>(remote_worker, std::move(backend), std::move(format));
}

}  // namespace dvfo::actors
