// The real actors together, on real threads: with the cloud in the same system, and over loopback TCP with a system of
// its own.
#include <gtest/gtest.h>

#include <condition_variable>
#include <map>
#include <mutex>

#include <caf/event_based_actor.hpp>

#include "actors/fusion.hpp"
#include "actors/gateway.hpp"
#include "actors/link_supervisor.hpp"
#include "actors/local_inference.hpp"
#include "actors/offload.hpp"
#include "actors/pipeline.hpp"
#include "actors/policy_holder.hpp"
#include "actors/remote_inference.hpp"
#include "actors/remote_worker.hpp"
#include "actors/transport/publish.hpp"
#include "tests/actors/fakes.hpp"
#include "tests/actors/nodes.hpp"

namespace dvfo::actors {
namespace {

using policy::degraded_reason;
using policy::ran_on;

/// Far more than anything here takes, so that no deadline decides a test on a slow machine.
constexpr double generous = 60.0;

std::map<std::uint64_t, answer> classify(caf::actor_system& system, const gateway_actor& gateway, int tasks) {
  blocking_client client(system, gateway);
  std::map<std::uint64_t, answer> answers;
  for (int i = 0; i < tasks; ++i) {
    auto got = client.infer({.input = fake_input(), .budget_seconds = generous, .eta = 0.5, .lambda = {}});
    const auto id = got.task_id;
    EXPECT_TRUE(answers.emplace(id, std::move(got)).second) << "task " << id << " was answered twice";
  }
  return answers;
}

/// λ = 0.5 of the local half {share, primary channels} and the remote half {sum of the secondary channels, batch}.
void expect_collaboration(const std::map<std::uint64_t, answer>& answers) {
  for (const auto& [id, got] : answers) {
    EXPECT_EQ(got.outcome.degraded, degraded_reason::none) << to_string(got.outcome.degraded);
    EXPECT_EQ(got.outcome.where, ran_on::both);
    EXPECT_EQ(got.logits, (std::vector<float>{(0.5F + 28.0F) / 2.0F, (2.0F + 1.0F) / 2.0F}));
    EXPECT_GT(got.outcome.wire_up_bytes, 0U);
    EXPECT_GE(got.outcome.tti, got.outcome.stages.extract + got.outcome.stages.local);
  }
}

TEST(whole_path, collaborates_with_the_cloud_in_process) {
  test_node node(false);
  cloud_side cloud(node.system);
  edge_side edge(node.system, 0.5);
  edge.connect_in_process(cloud.router);
  expect_collaboration(classify(node.system, edge.gateway, 20));
}

TEST(whole_path, collaborates_over_loopback_with_the_same_predictions) {
  test_node there(true);
  cloud_side cloud(there.system);
  const auto port = publish_remote(there.system, cloud.router, "127.0.0.1", 0);
  test_node here(true);
  edge_side edge(here.system, 0.5);
  EXPECT_EQ(edge.connect("127.0.0.1", port).state, link_state::up);
  expect_collaboration(classify(here.system, edge.gateway, 20));
}

TEST(whole_path, a_cloud_with_another_bundle_is_refused_and_tasks_stay_local) {
  test_node there(true);
  cloud_side cloud(there.system, 999);
  const auto port = publish_remote(there.system, cloud.router, "127.0.0.1", 0);
  test_node here(true);
  edge_side edge(here.system, 0.5);
  const auto status = edge.connect("127.0.0.1", port);
  EXPECT_EQ(status.state, link_state::refused);
  EXPECT_NE(status.reason.find("same bundle"), std::string::npos);
  for (const auto& [id, got] : classify(here.system, edge.gateway, 3)) {
    EXPECT_EQ(got.outcome.degraded, degraded_reason::link_down);
    EXPECT_EQ(got.logits, (std::vector<float>{0.0F, 4.0F}));
  }
}

/// Waits until a listener heard of a link.
class link_waiter {
 public:
  link_listener spawn(caf::actor_system& system) {
    const auto listening = [](caf::event_based_actor*, link_waiter* waiter) -> caf::behavior {
      return {[waiter](const link_up&) { waiter->set(true); }, [waiter](const link_down&) { waiter->set(false); }};
    };
    return caf::actor_cast<link_listener>(system.spawn(listening, this));
  }
  void wait(bool is_up) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return is_up_ == is_up; });
  }

 private:
  void set(bool is_up) {
    const std::lock_guard lock(mutex_);
    is_up_ = is_up;
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_up_ = false;
};

TEST(whole_path, survives_the_end_of_the_cloud_and_collaborates_again_with_the_next) {
  std::uint16_t port = 0;
  link_waiter waiter;
  test_node here(true);
  edge_side edge(here.system, 0.5);
  const auto listener = waiter.spawn(here.system);
  {
    test_node there(true);
    cloud_side cloud(there.system);
    port = publish_remote(there.system, cloud.router, "127.0.0.1", 0);
    edge.connect("127.0.0.1", port, listener);
    waiter.wait(true);
    expect_collaboration(classify(here.system, edge.gateway, 3));
  }
  waiter.wait(false);
  for (const auto& [id, got] : classify(here.system, edge.gateway, 3))
    EXPECT_EQ(got.outcome.degraded, degraded_reason::link_down);
  test_node there(true);
  cloud_side cloud(there.system);
  publish_remote(there.system, cloud.router, "127.0.0.1", port);
  waiter.wait(true);
  expect_collaboration(classify(here.system, edge.gateway, 3));
  caf::anon_send_exit(listener, caf::exit_reason::kill);
}

}  // namespace
}  // namespace dvfo::actors
