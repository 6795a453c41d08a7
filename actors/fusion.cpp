#include "actors/fusion.hpp"

#include <utility>

#include <caf/actor_system.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/caf_compat.hpp"

namespace dvfo::actors {

fusion_actor::behavior_type fusion(fusion_actor::stateful_pointer<fusion_state> self, lambda_of_share lambda_of) {
  drop_strangers(self);
  self->state.lambda_of = std::move(lambda_of);
  return {
      [self](fuse_atom, const fusion_job& job) {
        return guarded([&] {
          const auto start = self->clock().now();
          const double lambda = job.lambda ? *job.lambda : self->state.lambda_of(job.share);
          fusion_result result{.logits = inference::fuse_weighted(job.local, job.remote, lambda), .seconds = 0.0};
          result.seconds = seconds_between(start, self->clock().now());
          return result;
        });
      },
  };
}

fusion_actor spawn_fusion(caf::actor_system& system, lambda_of_share lambda_of) {
  return system.spawn(fusion, std::move(lambda_of));
}

}  // namespace dvfo::actors
