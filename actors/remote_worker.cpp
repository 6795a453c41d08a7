#include "actors/remote_worker.hpp"

#include <utility>

#include <caf/actor_system.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/batch_decoder.hpp"
#include "actors/caf_compat.hpp"

namespace dvfo::actors {

namespace {

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
  const auto started = now();
  auto result = compute(decode(format, job, now), now);
  result.started = started;
  return result;
}

batch_result remote_worker_state::compute(const decoded_batch& batch, const std::function<time_point()>& now) const {
  batch_result result{.items = batch.items, .started = now()};
  if (batch.where.empty()) return result;
  infer(
      [&] {
        return batch.is_whole() ? backend->infer_whole(batch.inputs)
                                : backend->infer_remote(batch.features, batch.kind.share);
      },
      batch.where, result.items);
  result.compute_seconds = seconds_between(result.started, now());
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
      [self](batch_atom, const decoded_batch& batch) {
        return guarded([&] { return self->state.compute(batch, [self] { return self->clock().now(); }); });
      },
  };
}

remote_worker_actor spawn_remote_worker(caf::actor_system& system, std::shared_ptr<cloud_backend> backend,
                                        inference::feature_format format) {
  return system.spawn<caf::detached>(remote_worker, std::move(backend), std::move(format));
}

}  // namespace dvfo::actors
