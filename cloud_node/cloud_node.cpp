#include "cloud_node/cloud_node.hpp"

#include <optional>
#include <utility>

#include <caf/actor_system.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include "actors/backends.hpp"
#include "actors/cloud_actors.hpp"
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

}  // namespace

struct cloud_node::impl {
  explicit impl(const settings& settings_given)
      : how(settings_given),
        address(configuration::listen_address(how.listen, "listen")),
        bundle(inference::model_bundle::load(configuration::find_bundle(how.bundle))),
        config(system_options(how)),
        system(config) {
    inference::set_intra_op_threads(static_cast<int>(how.threads));  // this thread prepares the models
    serving = actors::spawn_cloud_actors(system, bundle.manifest(), how.serving,
                                         actors::cloud_models(bundle, inference::backend_of(how.backend)));
    own_client = spawn_client(system, serving.router);
  }

  ~impl() {
    drain();
    caf::anon_send_exit(own_client, caf::exit_reason::user_shutdown);
    serving.stop();
  }

  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;

  void drain() {
    caf::scoped_actor self{system};
    self->request(own_client, caf::infinite, actors::drain_atom::value)
        .receive([](caf::ok_atom) {}, [](const caf::error&) {});
    // After the replies, because closing the port passes through the same broker and so waits until it has taken them.
    if (port) actors::unpublish_remote(system, serving.router, *std::exchange(port, std::nullopt));
  }

  settings how;
  configuration::address address;  // checked before anything is loaded: a wrong one should not cost that wait
  inference::model_bundle bundle;
  actors::system_config config;
  caf::actor_system system;
  actors::cloud_actors serving;
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
    impl_->port =
        actors::publish_remote(impl_->system, impl_->serving.router, impl_->address.host, impl_->address.port);
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
