#include "cloud_node/cloud_node.hpp"

#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include <caf/actor_system.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include "actors/backends.hpp"
#include "actors/handshake.hpp"
#include "actors/remote_inference.hpp"
#include "actors/remote_worker.hpp"
#include "actors/system_config.hpp"
#include "actors/transport/publish.hpp"
#include "cloud_node/client.hpp"
#include "configuration/address.hpp"
#include "configuration/paths.hpp"
#include "inference/model.hpp"

namespace dvfo::cloud_node {
namespace {

actors::system_options system_options(const settings& how) {
  actors::system_options options;
  // On every thread, because OpenMP keeps the number by thread: a worker that nobody told would take all cores.
  options.on_thread_start = [threads = static_cast<int>(how.threads)] { inference::set_intra_op_threads(threads); };
  return options;
}

actors::remote_inference_options router_options(const settings& how, const inference::bundle_manifest& manifest) {
  actors::remote_inference_options options;
  options.served = actors::describe(manifest);
  options.max_batch = static_cast<std::size_t>(how.max_batch);
  options.max_batch_delay = std::chrono::duration<double, std::milli>(how.max_batch_delay_ms);
  return options;
}

}  // namespace

struct cloud_node::impl {
  explicit impl(const settings& settings_given)
      : how(settings_given),
        address(configuration::listen_address(how.listen, "listen")),
        bundle(inference::model_bundle::load(configuration::find_bundle(how.bundle))),
        config(system_options(how)),
        system(config) {
    inference::set_intra_op_threads(static_cast<int>(how.threads));  // this thread prepares the models
    for (std::int64_t i = 0; i < how.workers; ++i) {
      auto backend = std::make_shared<actors::cloud_model_backend>(
          inference::cloud_model(bundle, inference::backend_of(how.backend)));
      workers.push_back(actors::spawn_remote_worker(system, std::move(backend), bundle.manifest().format));
    }
    router = actors::spawn_remote_inference(system, workers, router_options(how, bundle.manifest()));
    own_client = spawn_client(system, router);
  }

  ~impl() {
    drain();
    caf::anon_send_exit(own_client, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(router, caf::exit_reason::user_shutdown);
    for (const auto& worker : workers) caf::anon_send_exit(worker, caf::exit_reason::user_shutdown);
  }

  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;

  void drain() {
    caf::scoped_actor self{system};
    self->request(own_client, caf::infinite, actors::drain_atom::value)
        .receive([](caf::ok_atom) {}, [](const caf::error&) {});
    // After the replies, because closing the port passes through the same broker and so waits until it has taken them.
    if (port) actors::unpublish_remote(system, router, *std::exchange(port, std::nullopt));
  }

  settings how;
  configuration::address address;  // checked before anything is loaded: a wrong one should not cost that wait
  inference::model_bundle bundle;
  actors::system_config config;
  caf::actor_system system;
  std::vector<actors::remote_worker_actor> workers;
  actors::remote_router_actor router;
  client_actor own_client;
  std::optional<std::uint16_t> port;
};

cloud_node::cloud_node(const settings& how) : impl_(std::make_unique<impl>(how)) {}
cloud_node::~cloud_node() = default;
cloud_node::cloud_node(cloud_node&&) noexcept = default;
cloud_node& cloud_node::operator=(cloud_node&&) noexcept = default;

const inference::bundle_manifest& cloud_node::manifest() const { return impl_->bundle.manifest(); }

std::uint16_t cloud_node::listen() {
  try {
    impl_->port = actors::publish_remote(impl_->system, impl_->router, impl_->address.host, impl_->address.port);
  } catch (const actors::publish_error& problem) {
    throw configuration::network_error(problem.what());
  }
  return *impl_->port;
}

void cloud_node::infer(const messages::infer_request& request, callback done) {
  caf::anon_send(impl_->own_client, submission{request.task_id, {messages::encode(request)}, std::move(done)});
}

void cloud_node::drain() { impl_->drain(); }

}  // namespace dvfo::cloud_node
