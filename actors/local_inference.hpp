#pragma once

#include <memory>

#include "actors/backend_interfaces.hpp"
#include "actors/interfaces.hpp"

namespace dvfo::actors {

struct local_inference_state {
  static inline const char* name = "local_inference";
  std::shared_ptr<edge_backend> backend;
  std::shared_ptr<board_pacer> pacer;  ///< null: this machine is the board
};

local_inference_actor::behavior_type local_inference(
    local_inference_actor::stateful_pointer<local_inference_state> self, std::shared_ptr<edge_backend> backend,
    std::shared_ptr<board_pacer> pacer);

/// Starts the owner of the edge model on a thread of its own; nobody else may use `backend` and `pacer` from now on.
local_inference_actor spawn_local_inference(caf::actor_system& system, std::shared_ptr<edge_backend> backend,
                                            std::shared_ptr<board_pacer> pacer = nullptr);

}  // namespace dvfo::actors
