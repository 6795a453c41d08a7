#pragma once

#include <chrono>
#include <memory>
#include <stdexcept>
#include <utility>

#include <caf/scoped_actor.hpp>

#include "actors/fusion.hpp"
#include "actors/gateway.hpp"
#include "actors/link_supervisor.hpp"
#include "actors/local_inference.hpp"
#include "actors/offload.hpp"
#include "actors/pipeline.hpp"
#include "actors/policy_holder.hpp"
#include "actors/remote_inference.hpp"
#include "actors/remote_worker.hpp"
#include "actors/system_config.hpp"
#include "policy/schemes/fixed_scheme.hpp"
#include "tests/actors/fakes.hpp"

/// Both nodes of real actors around models that cost nothing, for tests and the benchmark.
namespace dvfo::actors {

inline constexpr std::uint64_t fake_bundle_id = 42;

inline messages::hello_reply fake_served(std::uint64_t bundle_id) {
  return {.protocol = messages::protocol_version,
          .bundle_id = bundle_id,
          .bundle_name = "fake",
          .channels = fake_channels,
          .height = 2,
          .width = 2,
          .bits = 8,
          .classes = 2};
}

/// How long the models pretend to compute; 0: not at all.
struct model_times {
  std::chrono::microseconds extract{0};
  std::chrono::microseconds local{0};
  std::chrono::microseconds remote{0};
};

inline std::shared_ptr<fake_edge> make_fake_edge(const model_times& times) {
  auto out = std::make_shared<fake_edge>();
  out->extract_time = times.extract;
  out->local_time = times.local;
  return out;
}

inline std::shared_ptr<fake_cloud> make_fake_cloud(const model_times& times) {
  auto out = std::make_shared<fake_cloud>();
  out->remote_time = times.remote;
  return out;
}

struct test_node {
  explicit test_node(bool network) : config(system_options{.network = network, .on_thread_start = {}}) {}
  system_config config;
  caf::actor_system system{config};
};

class cloud_side {
 public:
  explicit cloud_side(caf::actor_system& system, std::uint64_t bundle_id = fake_bundle_id,
                      const model_times& times = {})
      : worker(spawn_remote_worker(system, make_fake_cloud(times), fake_format())) {
    remote_inference_options options;
    options.served = fake_served(bundle_id);
    router = spawn_remote_inference(system, {worker}, options);
  }
  ~cloud_side() {
    caf::anon_send_exit(router, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(worker, caf::exit_reason::user_shutdown);
  }
  cloud_side(const cloud_side&) = delete;
  cloud_side& operator=(const cloud_side&) = delete;

  remote_worker_actor worker;
  remote_router_actor router;
};

class edge_side {
 public:
  edge_side(caf::actor_system& system, double share, const model_times& times = {})
      : edge_side(system, std::make_shared<policy::fixed_scheme>(share), times, {}) {}

  edge_side(caf::actor_system& system, std::shared_ptr<policy::scheme> scheme, const model_times& times,
            policy_options deciding)
      : system_(system),
        policy_(spawn_policy(system, std::move(scheme), std::move(deciding))),
        local_(spawn_local_inference(system, make_fake_edge(times))),
        offload_(spawn_offload(system, {.format = fake_format(), .bundle_id = fake_bundle_id})),
        fusion_(spawn_fusion(system, [](double) { return 0.5; })),
        pipeline_(spawn_pipeline(
            system, {.policy = policy_, .local = local_, .offload = offload_, .fusion = fusion_, .actuator = {}})),
        gateway(spawn_gateway(system, pipeline_)) {}
  ~edge_side() {
    const auto end = [](const auto& actor) { caf::anon_send_exit(actor, caf::exit_reason::user_shutdown); };
    if (supervisor_) end(supervisor_);
    end(gateway);
    end(pipeline_);
    end(fusion_);
    end(offload_);
    end(local_);
    end(policy_);
  }
  edge_side(const edge_side&) = delete;
  edge_side& operator=(const edge_side&) = delete;

  void connect_in_process(const remote_inference_actor& cloud) {
    const link_up link{.remote = cloud, .generation = 1, .watcher = {}};
    for (const auto& listener : listeners()) caf::anon_send(listener, link);
  }

  /// Returns how the first attempt ended.
  link_status connect(const std::string& host, std::uint16_t port, const link_listener& also = {}) {
    link_supervisor_options options;
    options.host = host;
    options.port = port;
    options.expected = fake_served(fake_bundle_id);
    auto all = listeners();
    if (also) all.push_back(also);
    supervisor_ = spawn_link_supervisor(system_, all, options);
    link_status out;
    caf::scoped_actor self(system_);
    self->request(supervisor_, caf::infinite, settle_atom{})
        .receive([&](const link_status& status) { out = status; },
                 [&](const caf::error& failure) { out.reason = text_of(failure); });
    return out;
  }

 private:
  [[nodiscard]] std::vector<link_listener> listeners() const { return {offload_, pipeline_, policy_}; }

  caf::actor_system& system_;
  policy_actor policy_;
  local_inference_actor local_;
  offload_actor offload_;
  fusion_actor fusion_;
  pipeline_actor pipeline_;
  link_supervisor_actor supervisor_;

 public:
  gateway_actor gateway;
};

/// A client that waits for each answer. One thread.
class blocking_client {
 public:
  blocking_client(caf::actor_system& system, gateway_actor gateway) : self_(system), gateway_(std::move(gateway)) {}

  /// Throws std::runtime_error with the node's text if the task fails.
  answer infer(const infer_task& task) {
    answer out;
    self_->request(gateway_, caf::infinite, infer_atom{}, task)
        .receive([&](answer& got) { out = std::move(got); },
                 [](const caf::error& failure) { throw std::runtime_error(text_of(failure)); });
    return out;
  }

 private:
  caf::scoped_actor self_;
  gateway_actor gateway_;
};

}  // namespace dvfo::actors
