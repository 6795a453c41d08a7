#include "actors/transport/connect.hpp"

#include <caf/io/middleman.hpp>

namespace dvfo::actors {

caf::actor connector_of(caf::actor_system& system) {
  return caf::actor_cast<caf::actor>(system.middleman().actor_handle());
}

remote_inference_actor remote_inference_of(caf::actor_system& system, const caf::strong_actor_ptr& handle,
                                           const std::set<std::string>& interface) {
  if (!handle || !system.assignable(interface, system.message_types<remote_inference_actor>())) return {};
  return caf::actor_cast<remote_inference_actor>(handle);
}

}  // namespace dvfo::actors
