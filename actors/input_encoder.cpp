#include "actors/input_encoder.hpp"

#include <caf/actor_system.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/caf_compat.hpp"
#include "inference/tasks/task.hpp"

namespace dvfo::actors {

inference::coded_input input_encoder_state::encode(const input_job& job) const {
  return job.sends == policy::payload::input ? inference::reduce_input(*job.input, input_size, job.share)
                                             : inference::compress_input(*job.input, input_size);
}

input_encoder_actor::behavior_type input_encoder(input_encoder_actor::stateful_pointer<input_encoder_state> self,
                                                 int input_size) {
  drop_strangers(self);
  self->state.input_size = input_size;
  return {
      [self](encode_atom, const input_job& job) { return guarded([&] { return self->state.encode(job); }); },
  };
}

input_encoder_actor spawn_input_encoder(caf::actor_system& system, int input_size) {
  return system.spawn<caf::detached>(input_encoder, input_size);
}

}  // namespace dvfo::actors
