#pragma once

#include <functional>
#include <memory>
#include <vector>

#include <caf/actor_system.hpp>

#include "actors/backend_interfaces.hpp"
#include "actors/cloud_settings.hpp"
#include "actors/interfaces.hpp"
#include "inference/model_bundle.hpp"

namespace dvfo::actors {

/// The actors of a cloud.
struct cloud_actors {
  remote_router_actor router;
  std::vector<remote_worker_actor> workers;  ///< one a model

  /// Ends them; drain the router first, or requests in flight get no reply. Does nothing where none was started.
  void stop() const;
};

/// Starts a cloud for the bundle of this manifest, in a node of its own or in an edge node. `make_model` is called once
/// for each worker and gives it a model that nobody else uses; what it throws passes through.
cloud_actors spawn_cloud_actors(caf::actor_system& system, const inference::bundle_manifest& manifest,
                                const cloud_settings& how,
                                const std::function<std::shared_ptr<cloud_backend>()>& make_model);

}  // namespace dvfo::actors
