#include "actors/scheduling.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>
#include <vector>

#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>

#include "actors/system_config.hpp"

namespace dvfo::actors {
namespace {

/// Sends `hops` on to the next in the ring, and counts the last of each.
caf::behavior ring_member(caf::event_based_actor* self, std::shared_ptr<std::vector<caf::actor>> ring,
                          std::shared_ptr<std::latch> arrivals) {
  return {[=](int hops) {
    if (hops == 0) return arrivals->count_down();
    self->send(ring->at(static_cast<std::size_t>(hops) % ring->size()), hops - 1);
  }};
}

// A thread that is about to sleep while another brings a job must not miss it, and none may be taken twice.
TEST(scheduling, no_job_is_lost_or_done_twice_by_few_threads_and_many_senders) {
  constexpr int senders = 4;
  constexpr int messages = 500;
  for (const std::size_t threads : {1U, 2U}) {
    system_options options;
    options.network = false;
    options.scheduler_threads = threads;
    system_config config(options);
    caf::actor_system system(config);
    const auto ring = std::make_shared<std::vector<caf::actor>>();
    const auto arrivals = std::make_shared<std::latch>(senders * messages);
    for (int i = 0; i < 7; ++i) ring->push_back(system.spawn(ring_member, ring, arrivals));
    std::vector<std::jthread> outside;
    for (int i = 0; i < senders; ++i) {
      outside.emplace_back([ring] {
        for (int k = 0; k < messages; ++k) caf::anon_send(ring->front(), 20);
      });
    }
    outside.clear();
    arrivals->wait();
    for (const auto& each : *ring) caf::anon_send_exit(each, caf::exit_reason::kill);
    ring->clear();
  }
}

TEST(scheduling, jobs_that_nobody_takes_any_more_are_given_back) {
  struct fake_system {
    quiet_sharing::coordinator_data shared{nullptr};
    quiet_sharing::coordinator_data& data() { return shared; }
  };
  struct job final : caf::resumable {
    resume_result resume(caf::execution_unit*, std::size_t) override { return done; }
    void intrusive_ptr_add_ref_impl() override {}
    void intrusive_ptr_release_impl() override {}
  };
  fake_system system;
  quiet_sharing policy;
  job first;
  job second;
  policy.central_enqueue(&system, &first);
  std::vector<caf::resumable*> seen;
  policy.foreach_central_resumable(&system, [&](caf::resumable* each) {
    seen.push_back(each);
    if (each == &first) policy.central_enqueue(&system, &second);  // what ends may wake another
  });
  EXPECT_EQ(seen, (std::vector<caf::resumable*>{&first, &second}));
}

}  // namespace
}  // namespace dvfo::actors
