#include "edge_node/edge_node.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <span>
#include <utility>

#include <caf/actor_system.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include "actors/backends.hpp"
#include "actors/bandwidth_sensor.hpp"
#include "actors/cloud_actors.hpp"
#include "actors/experience_recorder.hpp"
#include "actors/frequency_actuator.hpp"
#include "actors/fusion.hpp"
#include "actors/gateway.hpp"
#include "actors/handshake.hpp"
#include "actors/input_encoder.hpp"
#include "actors/link_supervisor.hpp"
#include "actors/local_inference.hpp"
#include "actors/offload.hpp"
#include "actors/pipeline.hpp"
#include "actors/policy_holder.hpp"
#include "actors/power_sensor.hpp"
#include "actors/system_config.hpp"
#include "configuration/address.hpp"
#include "configuration/paths.hpp"
#include "edge_node/client.hpp"
#include "edge_node/edge_board.hpp"
#include "edge_node/live_scheme.hpp"
#include "files/error.hpp"
#include "inference/model.hpp"
#include "inference/tasks/task.hpp"

namespace dvfo::edge_node {
namespace {

enum class cloud_place { none, in_process, network };

cloud_place place_of(const settings& how) {
  if (how.cloud == "none") return cloud_place::none;
  return how.cloud == "inproc" ? cloud_place::in_process : cloud_place::network;
}

// Where the cloud listens; nothing unless it is on the network. Checked before anything is loaded.
std::optional<configuration::address> cloud_address(const settings& how) {
  if (place_of(how) != cloud_place::network) return std::nullopt;
  return configuration::cloud_address(how.cloud, "cloud");
}

actors::system_options system_options(const settings& how) {
  actors::system_options options;
  options.network = place_of(how) == cloud_place::network;
  options.scheduler_threads = actors::defaults::system::edge_scheduler_threads;
  // On every thread, because OpenMP keeps the number by thread: a worker that nobody told would take all cores.
  options.on_thread_start = [threads = static_cast<int>(how.threads)] { inference::set_intra_op_threads(threads); };
  return options;
}

void log_link(const actors::link_status& now) {
  if (now.state == actors::link_state::up) return spdlog::info("the link to {} is up", now.peer);
  spdlog::warn("the link to {} is {}: {}; tasks run on the edge until it is up", now.peer,
               now.state == actors::link_state::refused ? "refused" : "down", now.reason);
}

std::shared_ptr<policy::experience_file> open_record(const settings& how, const messages::experience_header& header) {
  try {
    return std::make_shared<policy::experience_file>(how.record, header,
                                                     static_cast<std::uint64_t>(how.record_mbytes) << 20U);
  } catch (const files::error& problem) {
    throw configuration::usage_error(fmt::format("--record {}", problem.what()));
  }
}

}  // namespace

struct edge_node::impl {
  explicit impl(settings settings_given)
      : how(std::move(settings_given)),
        address(cloud_address(how)),
        bundle(inference::model_bundle::load(configuration::find_bundle(how.bundle))),
        board(open_board(board_settings_of(how), bundle.manifest())),
        config(system_options(how)),
        system(config) {
    inference::set_intra_op_threads(static_cast<int>(how.threads));  // this thread prepares the models
    spawn_pipeline();
    switch (place_of(how)) {
      case cloud_place::none:
        break;
      case cloud_place::in_process:
        spawn_cloud();
        break;
      case cloud_place::network:
        spawn_supervisor();
        break;
    }
  }

  ~impl() {
    drain();
    const auto stop = [](const auto& handle) {
      if (handle) caf::anon_send_exit(handle, caf::exit_reason::user_shutdown);
    };
    stop(supervisor);
    stop(own_client);
    stop(gateway);
    stop(pipeline);
    stop(partners.policy);
    stop(partners.local);
    stop(partners.offload);
    stop(inputs);
    stop(partners.fusion);
    stop(partners.actuator);
    stop(partners.power);
    stop(bandwidth);
    stop(recorder);
    serving.stop();
  }

  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;

  actors::policy_options policy_options() {
    actors::policy_options options{.first = terms()};
    if (how.record.empty()) return options;
    const auto* profile = board ? board->identity().profile : nullptr;
    auto file = open_record(how, {.board = profile ? profile->name : std::string(),
                                  .network = bundle.manifest().name,
                                  .scheme = how.scheme,
                                  .max_power_watts = profile ? profile->max_power_watts : 0.0});
    recorder = actors::spawn_experience_recorder(system, std::move(file), [](const std::string& what) {
      spdlog::warn("{}; nothing is recorded from here on", what);
    });
    options.remember = [to = recorder](policy::experience task) { caf::anon_send(to, std::move(task)); };
    return options;
  }

  [[nodiscard]] actors::task_terms terms() const {
    return {.eta = how.eta, .lambda = how.lambda >= 0.0 ? std::optional(how.lambda) : std::nullopt};
  }

  void spawn_pipeline() {
    const auto decides = make_live_scheme(how, board.get(), bundle);
    auto deciding = policy_options();
    deciding.is_blocking = decides.is_blocking;
    partners.policy = actors::spawn_policy(system, decides.scheme, std::move(deciding));
    partners.local = actors::spawn_local_inference(
        system,
        std::make_shared<actors::edge_model_backend>(inference::edge_model(bundle, inference::backend_of(how.backend))),
        board ? board->pacer() : nullptr);
    bandwidth = actors::spawn_bandwidth_sensor(system, {.bundle_id = bundle.manifest().id});
    caf::anon_send(bandwidth, actors::join_atom::value, actors::bandwidth_listener(partners.policy));
    actors::offload_options offload;
    offload.format = bundle.manifest().format;
    offload.bundle_id = bundle.manifest().id;
    offload.inputs = inputs = actors::spawn_input_encoder(system, bundle.manifest().input_size);
    offload.window = static_cast<std::size_t>(how.offloads);
    offload.sensor = bandwidth;
    partners.offload = actors::spawn_offload(system, std::move(offload));
    partners.fusion = actors::spawn_fusion(system, [model = bundle](double share) { return model.lambda(share); });
    actors::pipeline_options options;
    options.accepts = make_appeal_judge(how, bundle.manifest());
    if (board) spawn_board(options);
    pipeline = actors::spawn_pipeline(system, partners, std::move(options));
    caf::anon_send(bandwidth, actors::join_atom::value, actors::bandwidth_listener(pipeline));
    gateway = actors::spawn_gateway(system, pipeline);
    own_client = spawn_client(system, gateway, link, [model = bundle](std::span<const float> logits) {
      return inference::interpret(logits, model.manifest());
    });
  }

  void spawn_board(actors::pipeline_options& options) {
    if (auto apply = board->clock_setter())
      partners.actuator = actors::spawn_frequency_actuator(system, std::move(apply));
    options.estimate_joules = board->estimate();
    if (auto radio = board->radio()) options.observers.push_back(std::move(radio));
    auto power = board->power_options();
    if (!power.read) return;
    options.power_hold = std::max(power.interval * actors::defaults::power::held_intervals,
                                  std::chrono::duration<double>(actors::defaults::power::shortest_hold));
    options.highest_watts = device::highest_watts(*board->identity().profile);
    partners.power = actors::spawn_power_sensor(system, std::move(power));
  }

  // The cloud's actors in this very system: the edge's actors get their handle as if it came over a link.
  void spawn_cloud() {
    serving = actors::spawn_cloud_actors(system, bundle.manifest(), how.serving,
                                         actors::cloud_models(bundle, inference::backend_of(how.backend)));
    const actors::link_up up{serving.router, 1, {}};
    for (const actors::link_listener& listener : listeners()) caf::anon_send(listener, up);
    link->set(true);
  }

  void spawn_supervisor() {
    actors::link_supervisor_options options;
    options.host = address->host;
    options.port = address->port;
    options.expected = actors::describe(bundle.manifest());
    options.jitter_seed = static_cast<std::uint64_t>(getpid());
    options.on_change = log_link;
    supervisor = actors::spawn_link_supervisor(system, listeners(), std::move(options));
  }

  [[nodiscard]] std::vector<actors::link_listener> listeners() const {
    return {pipeline, partners.offload, partners.policy, bandwidth, own_client};
  }

  void drain() {
    caf::scoped_actor self{system};
    self->request(own_client, caf::infinite, actors::drain_atom::value)
        .receive([](caf::ok_atom) {}, [](const caf::error&) {});
  }

  template <class Question>
  actors::link_status ask_supervisor(Question question, double seconds) {
    actors::link_status status;
    caf::scoped_actor self{system};
    self->request(supervisor,
                  std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::duration<double>(seconds)),
                  question)
        .receive([&](const actors::link_status& found) { status = found; },
                 [&](const caf::error&) { status.reason = "the first attempt to connect has not ended yet"; });
    return status;
  }

  settings how;
  std::optional<configuration::address> address;
  inference::model_bundle bundle;
  std::unique_ptr<edge_board> board;  // outlives the actors: what they leave is restored by it
  actors::system_config config;
  caf::actor_system system;
  actors::pipeline_partners partners;
  actors::input_encoder_actor inputs;
  actors::bandwidth_sensor_actor bandwidth;
  actors::experience_recorder_actor recorder;
  actors::pipeline_actor pipeline;
  actors::gateway_actor gateway;
  client_actor own_client;
  actors::link_supervisor_actor supervisor;
  actors::cloud_actors serving;  // of a cloud in this process
  std::shared_ptr<link_view> link = std::make_shared<link_view>();
};

edge_node::edge_node(const settings& how) : impl_(std::make_unique<impl>(how)) {}
edge_node::~edge_node() = default;
edge_node::edge_node(edge_node&&) noexcept = default;
edge_node& edge_node::operator=(edge_node&&) noexcept = default;

const inference::bundle_manifest& edge_node::manifest() const { return impl_->bundle.manifest(); }

cloud_state edge_node::wait_for_cloud() {
  cloud_state state;
  if (place_of(impl_->how) == cloud_place::none) return state;
  state.wanted = true;
  state.up = place_of(impl_->how) == cloud_place::in_process;
  if (state.up) return state;
  const auto patience = impl_->how.connect_ms / 1e3;
  const auto began = std::chrono::steady_clock::now();
  auto status = impl_->ask_supervisor(actors::settle_atom::value, patience);
  if (status.state != actors::link_state::up && status.state != actors::link_state::refused) {
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - began;
    if (impl_->link->wait(std::max(0.0, patience - spent.count()))) status.state = actors::link_state::up;
  }
  state.up = status.state == actors::link_state::up;
  state.refused = status.state == actors::link_state::refused;
  state.reason = status.reason;
  return state;
}

void edge_node::submit(std::shared_ptr<const inference::any_input> asked, callback done, const task_override& other) {
  actors::infer_task task;
  task.input = std::move(asked);
  task.budget_seconds = impl_->how.deadline_ms / 1e3;
  const auto terms = impl_->terms();
  task.eta = other.eta.value_or(terms.eta);
  task.lambda = other.lambda ? other.lambda : terms.lambda;
  auto tell = [done = std::move(done), eta = task.eta, lambda = task.lambda](answer result) {
    result.eta = eta;
    result.lambda = lambda;
    done(std::move(result));
  };
  caf::anon_send(impl_->own_client, submission{std::move(task), std::move(tell)});
}

std::future<answer> edge_node::submit(std::shared_ptr<const inference::any_input> asked) {
  auto promise = std::make_shared<std::promise<answer>>();
  auto future = promise->get_future();
  submit(std::move(asked), [promise](answer result) { promise->set_value(std::move(result)); });
  return future;
}

std::optional<decision_counts> edge_node::decisions() const {
  constexpr std::chrono::seconds patience{1};  // it thinks for some tens of microseconds
  std::optional<decision_counts> out;
  caf::scoped_actor self{impl_->system};
  self->request(impl_->partners.policy, patience, actors::status_atom::value)
      .receive(
          [&](const actors::decision_counts& found) {
            out = decision_counts{
                .ready = found.ready, .late = found.late, .stale = found.stale, .defaulted = found.defaulted};
          },
          [](const caf::error&) {});
  return out;
}

std::optional<bool> edge_node::link_up() const {
  return place_of(impl_->how) == cloud_place::none ? std::nullopt : std::optional(impl_->link->is_up());
}

void edge_node::watch_link(std::function<void(bool up)> watcher) { impl_->link->watch(std::move(watcher)); }

void edge_node::drain() { impl_->drain(); }

}  // namespace dvfo::edge_node
