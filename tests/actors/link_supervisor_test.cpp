#include "actors/link_supervisor.hpp"

#include <set>

#include "tests/actors/actor_test.hpp"
#include "tests/actors/mocks.hpp"

namespace dvfo::actors {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// A connection attempt as the middleman sees it: (connect, host, port) → (node, actor, interface).
struct attempt {
  std::string host;
  std::uint16_t port = 0;
  std::function<void(caf::strong_actor_ptr, std::set<std::string>)> accept;
  std::function<void(caf::error)> refuse;
};

caf::behavior mock_middleman(caf::event_based_actor* self, std::shared_ptr<tray<attempt>> attempts) {
  return mock_behavior(
      self,
      [self, attempts](caf::connect_atom, const std::string& host,
                       std::uint16_t port) -> caf::result<caf::node_id, caf::strong_actor_ptr, std::set<std::string>> {
        auto promise = self->make_response_promise<caf::node_id, caf::strong_actor_ptr, std::set<std::string>>();
        const caf::actor me(self);
        attempts->put({.host = host,
                       .port = port,
                       .accept =
                           [promise, me](caf::strong_actor_ptr actor, std::set<std::string> interface) {
                             caf::anon_send(me, errand{[promise, actor, interface]() mutable {
                                              promise.deliver(caf::node_id{}, actor, interface);
                                            }});
                           },
                       .refuse =
                           [promise, me](caf::error why) {
                             caf::anon_send(me, errand{[promise, why]() mutable { promise.deliver(why); }});
                           }});
        return promise;
      });
}

caf::behavior mock_cloud(caf::event_based_actor* self, std::shared_ptr<wire_desk> hellos) {
  return mock_behavior(self, onto<hello_atom>(self, hellos));
}

caf::behavior mock_listener(caf::event_based_actor* self, std::shared_ptr<tray<link_up>> ups,
                            std::shared_ptr<tray<link_down>> downs) {
  return mock_behavior(self, into(ups), into(downs));
}

messages::hello_reply served(std::uint64_t bundle_id = 42) {
  return {.protocol = messages::protocol_version,
          .bundle_id = bundle_id,
          .bundle_name = "b",
          .channels = 4,
          .height = 2,
          .width = 2,
          .bits = 8,
          .classes = 2};
}

class link_supervisor_test : public actor_test {
 protected:
  link_supervisor_test() {
    const auto middleman = owned(system_.spawn(mock_middleman, attempts_));
    const auto listener = caf::actor_cast<link_listener>(owned(system_.spawn(mock_listener, ups_, downs_)));
    link_supervisor_options options;
    options.host = "cloud.example";
    options.port = 4242;
    options.expected = served();
    options.suspicious_timeouts = 3;
    options.on_change = [this](const link_status& now) {
      told_.push_back(std::string(name_of(now.state)) + now.reason);
    };
    supervisor_ = owned(system_.spawn(link_supervisor, middleman, std::vector<link_listener>{listener}, options));
    new_cloud();
    run();
  }

  void new_cloud() { cloud_ = owned(system_.spawn(mock_cloud, hellos_)); }

  std::set<std::string> interface() { return system_.message_types<remote_inference_actor>(); }

  void accept() {
    attempts_->take().accept(caf::actor_cast<caf::strong_actor_ptr>(cloud_), interface());
    run();
  }

  void refuse() {
    attempts_->take().refuse(caf::make_error(caf::sec::cannot_connect_to_node));
    run();
  }

  void say_hello(const messages::hello_reply& reply) {
    hellos_->take().deliver(wire_message{messages::encode(reply)});
    run();
  }

  link_up connect() {
    accept();
    say_hello(served());
    return ups_->take();
  }

  link_status status() { return *ask<link_status>(supervisor_, status_atom{})->value; }

  /// Longest wait before the attempt after `failures` failures.
  static const char* name_of(link_state state) {
    switch (state) {
      case link_state::connecting:
        return "connecting";
      case link_state::up:
        return "up";
      case link_state::down:
        return "down: ";
      case link_state::refused:
        return "refused: ";
    }
    return "?";
  }

  static std::chrono::microseconds longest_wait(std::uint32_t failures) {
    return std::chrono::duration_cast<std::chrono::microseconds>(
               retry_delay(failures, defaults::link::first_retry, defaults::link::longest_retry, 1.0)) +
           2ms;
  }

  std::shared_ptr<tray<attempt>> attempts_ = std::make_shared<tray<attempt>>("middleman");
  std::shared_ptr<tray<link_up>> ups_ = std::make_shared<tray<link_up>>("listener's link_up");
  std::shared_ptr<tray<link_down>> downs_ = std::make_shared<tray<link_down>>("listener's link_down");
  std::shared_ptr<wire_desk> hellos_ = std::make_shared<wire_desk>("cloud's hello");
  link_supervisor_actor supervisor_;
  caf::actor cloud_;
  std::vector<std::string> told_;  // to on_change
};

TEST(retry_delay, doubles_up_to_its_end_and_is_stretched_by_jitter) {
  const auto delay = [](std::uint32_t failures, double random) {
    return retry_delay(failures, 100ms, 5s, random).count();
  };
  EXPECT_DOUBLE_EQ(delay(1, 0.0), 0.1);
  EXPECT_DOUBLE_EQ(delay(2, 0.0), 0.2);
  EXPECT_DOUBLE_EQ(delay(6, 0.0), 3.2);
  EXPECT_DOUBLE_EQ(delay(7, 0.0), 5.0);
  EXPECT_DOUBLE_EQ(delay(4000000000U, 0.0), 5.0);
  EXPECT_DOUBLE_EQ(delay(1, 0.5), 0.1 * (1.0 + defaults::link::retry_jitter * 0.5));
}

TEST_F(link_supervisor_test, publishes_a_link_after_a_sound_handshake) {
  EXPECT_EQ(status().state, link_state::connecting);
  EXPECT_EQ(status().peer, "cloud.example:4242");
  const auto attempt = attempts_->take();
  EXPECT_EQ(attempt.host, "cloud.example");
  EXPECT_EQ(attempt.port, 4242);
  attempt.accept(caf::actor_cast<caf::strong_actor_ptr>(cloud_), interface());
  run();
  EXPECT_EQ(ups_->size(), 0U) << "not before the cloud has said what it serves";
  say_hello(served());
  const auto link = ups_->take();
  EXPECT_EQ(link.generation, 1U);
  EXPECT_EQ(caf::actor_cast<caf::actor>(link.remote), cloud_);
  EXPECT_EQ(status().state, link_state::up);
  EXPECT_EQ(status().reason, "");
}

TEST_F(link_supervisor_test, tries_again_with_growing_waits) {
  for (std::uint32_t failures = 1; failures <= 8; ++failures) {
    refuse();
    EXPECT_EQ(status().state, link_state::down);
    EXPECT_THAT(status().reason, HasSubstr("cannot connect to cloud.example:4242"));
    const auto shortest = retry_delay(failures, defaults::link::first_retry, defaults::link::longest_retry, 0.0);
    advance(std::chrono::duration_cast<std::chrono::microseconds>(shortest) - 2ms, 50ms);
    EXPECT_EQ(attempts_->size(), 0U) << "after failure " << failures;
    advance(longest_wait(failures) - std::chrono::duration_cast<std::chrono::microseconds>(shortest) + 2ms, 10ms);
    EXPECT_EQ(attempts_->size(), 1U) << "after failure " << failures;
  }
  connect();
}

TEST_F(link_supervisor_test, an_attempt_that_hangs_times_out_and_is_repeated) {
  advance(2100ms, 50ms);
  EXPECT_THAT(status().reason, HasSubstr("cannot connect"));
  attempts_->take();
  advance(longest_wait(1), 10ms);
  connect();
}

TEST_F(link_supervisor_test, a_cloud_that_does_not_say_hello_is_down) {
  accept();
  advance(2100ms, 50ms);
  EXPECT_THAT(status().reason, HasSubstr("does not answer"));
  hellos_->take();
  advance(longest_wait(1), 10ms);
  connect();
}

TEST_F(link_supervisor_test, another_bundle_is_refused_with_the_reason) {
  accept();
  say_hello(served(43));
  EXPECT_EQ(status().state, link_state::refused);
  EXPECT_THAT(status().reason, HasSubstr("give both nodes the same bundle"));
  EXPECT_EQ(ups_->size(), 0U);
  advance(longest_wait(1), 10ms);
  connect();
  EXPECT_EQ(status().state, link_state::up);
}

TEST_F(link_supervisor_test, a_stranger_at_the_port_is_refused) {
  attempts_->take().accept(caf::actor_cast<caf::strong_actor_ptr>(cloud_), {"some::other->interface"});
  run();
  EXPECT_EQ(status().state, link_state::refused);
  advance(longest_wait(1), 10ms);
  attempts_->take().accept(nullptr, {});
  run();
  EXPECT_EQ(status().state, link_state::refused);
}

TEST_F(link_supervisor_test, connects_again_after_the_cloud_died) {
  connect();
  caf::anon_send_exit(cloud_, caf::exit_reason::kill);
  run();
  EXPECT_THAT(downs_->take().reason, HasSubstr("went away"));
  EXPECT_EQ(status().state, link_state::down);
  advance(longest_wait(1), 10ms);
  new_cloud();
  EXPECT_EQ(connect().generation, 2U);
}

TEST_F(link_supervisor_test, gives_a_silent_link_up_after_enough_timeouts_in_a_row) {
  const auto link = connect();
  tell(link.watcher, link_suspicion{1, 2});
  EXPECT_EQ(status().state, link_state::up);
  tell(link.watcher, link_suspicion{1, 3});
  EXPECT_THAT(downs_->take().reason, HasSubstr("3 requests in a row"));
  tell(link.watcher, link_suspicion{1, 4});
  EXPECT_EQ(downs_->size(), 0U) << "told once";
  advance(longest_wait(1), 10ms);
  EXPECT_EQ(connect().generation, 2U);
  tell(link.watcher, link_suspicion{1, 9});
  EXPECT_EQ(status().state, link_state::up) << "a doubt about an earlier link";
}

TEST_F(link_supervisor_test, the_death_of_an_abandoned_cloud_is_no_news) {
  const auto link = connect();
  tell(link.watcher, link_suspicion{1, 3});
  downs_->take();
  caf::anon_send_exit(cloud_, caf::exit_reason::kill);
  run();
  EXPECT_EQ(downs_->size(), 0U);
}

// The link went and came, and the log of the node was silent.
TEST_F(link_supervisor_test, tells_of_each_change_once) {
  connect();
  EXPECT_THAT(told_, ElementsAre("up"));
  told_.clear();
  caf::anon_send_exit(cloud_, caf::exit_reason::kill);
  run();
  downs_->take();
  for (std::uint32_t failures = 1; failures <= 5; ++failures) {
    advance(longest_wait(failures), 10ms);
    refuse();
  }
  EXPECT_THAT(told_, ElementsAre(HasSubstr("down: the cloud at cloud.example:4242 went away")))
      << "five failures are no news";
  told_.clear();
  advance(longest_wait(6), 10ms);
  new_cloud();
  connect();
  EXPECT_THAT(told_, ElementsAre("up"));
}

TEST_F(link_supervisor_test, tells_of_a_cloud_that_comes_back_with_another_bundle) {
  connect();
  caf::anon_send_exit(cloud_, caf::exit_reason::kill);
  run();
  downs_->take();
  told_.clear();
  for (std::uint32_t failures = 1; failures <= 2; ++failures) {
    advance(longest_wait(failures), 10ms);
    new_cloud();
    accept();
    say_hello(served(43));
  }
  EXPECT_THAT(told_, ElementsAre(HasSubstr("refused: ")));
}

TEST_F(link_supervisor_test, leaves_the_first_failure_to_whoever_waits_for_it) {
  refuse();
  advance(longest_wait(1), 10ms);
  refuse();
  EXPECT_THAT(told_, IsEmpty());
  advance(longest_wait(2), 10ms);
  connect();
  EXPECT_THAT(told_, ElementsAre("up"));
}

TEST_F(link_supervisor_test, settle_waits_for_the_first_attempt_only) {
  const auto waiting = ask<link_status>(supervisor_, settle_atom{});
  EXPECT_TRUE(waiting->is_open());
  refuse();
  ASSERT_TRUE(waiting->value);
  EXPECT_EQ(waiting->value->state, link_state::down);
  EXPECT_EQ(ask<link_status>(supervisor_, settle_atom{})->value->state, link_state::down);
}

}  // namespace
}  // namespace dvfo::actors
