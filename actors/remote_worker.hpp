#pragma once

#include <functional>
#include <memory>

#include "actors/backend_interfaces.hpp"
#include "actors/interfaces.hpp"
#include "inference/codec/feature_codec.hpp"

namespace dvfo::actors {

struct remote_worker_state {
  static inline const char* name = "remote_worker";

  /// Decodes and infers one batch; never throws on any frame. `now` is the clock that stages are timed with.
  [[nodiscard]] batch_result compute(const batch_job& job, const std::function<time_point()>& now) const;
  [[nodiscard]] batch_result compute(const decoded_batch& batch, const std::function<time_point()>& now) const;

  std::shared_ptr<cloud_backend> backend;
  inference::feature_format format;
};

remote_worker_actor::behavior_type remote_worker(remote_worker_actor::stateful_pointer<remote_worker_state> self,
                                                 std::shared_ptr<cloud_backend> backend,
                                                 inference::feature_format format);

/// Starts the owner of one cloud model on a thread of its own; nobody else may use `backend` from now on.
remote_worker_actor spawn_remote_worker(caf::actor_system& system, std::shared_ptr<cloud_backend> backend,
                                        inference::feature_format format);

}  // namespace dvfo::actors
