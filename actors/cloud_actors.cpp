#include "actors/cloud_actors.hpp"

#include <chrono>
#include <utility>

#include <caf/send.hpp>

#include "actors/handshake.hpp"
#include "actors/remote_inference.hpp"
#include "actors/remote_worker.hpp"

namespace dvfo::actors {

void cloud_actors::stop() const {
  if (router) caf::anon_send_exit(router, caf::exit_reason::user_shutdown);
  for (const auto& worker : workers) caf::anon_send_exit(worker, caf::exit_reason::user_shutdown);
}

cloud_actors spawn_cloud_actors(caf::actor_system& system, const inference::bundle_manifest& manifest,
                                const cloud_settings& how,
                                const std::function<std::shared_ptr<cloud_backend>()>& make_model) {
  // Every model before the first actor: if one cannot be made, nothing is left running.
  std::vector<std::shared_ptr<cloud_backend>> models;
  for (std::int64_t i = 0; i < how.workers; ++i) models.push_back(make_model());
  cloud_actors out;
  for (auto& model : models) out.workers.push_back(spawn_remote_worker(system, std::move(model), manifest.format));
  remote_inference_options options;
  options.served = describe(manifest);
  options.format = manifest.format;
  options.max_batch = static_cast<std::size_t>(how.max_batch);
  options.max_batch_delay = std::chrono::duration<double, std::milli>(how.max_batch_delay_ms);
  options.max_queue = static_cast<std::size_t>(how.max_queue);
  out.router = spawn_remote_inference(system, out.workers, std::move(options));
  return out;
}

}  // namespace dvfo::actors
