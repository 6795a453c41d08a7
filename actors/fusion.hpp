#pragma once

#include <functional>

#include "actors/interfaces.hpp"

namespace dvfo::actors {

/// λ for a share, e.g. [bundle](double share) { return bundle.lambda(share); }.
using lambda_of_share = std::function<double(double share)>;

struct fusion_state {
  static inline const char* name = "fusion";
  lambda_of_share lambda_of;
};

fusion_actor::behavior_type fusion(fusion_actor::stateful_pointer<fusion_state> self, lambda_of_share lambda_of);

fusion_actor spawn_fusion(caf::actor_system& system, lambda_of_share lambda_of);

}  // namespace dvfo::actors
