#pragma once

#include "actors/interfaces.hpp"

namespace dvfo::actors {

struct input_encoder_state {
  static inline const char* name = "input_encoder";

  /// The input as the network takes it, compressed; or so much smaller that it has the job's share of its values,
  /// uncompressed. Throws inference::error for an input that cannot be encoded.
  [[nodiscard]] inference::coded_input encode(const input_job& job) const;

  int input_size = 0;
};

input_encoder_actor::behavior_type input_encoder(input_encoder_actor::stateful_pointer<input_encoder_state> self,
                                                 int input_size);

/// Starts an encoder on a thread of its own. `input_size`: side of the network's input in pixels.
input_encoder_actor spawn_input_encoder(caf::actor_system& system, int input_size);

}  // namespace dvfo::actors
