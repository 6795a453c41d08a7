#include "actors/bandwidth_sensor.hpp"

#include "messages/checks.hpp"
#include "tests/actors/actor_test.hpp"
#include "tests/actors/mocks.hpp"

namespace dvfo::actors {
namespace {

caf::behavior mock_cloud(caf::event_based_actor* self, std::shared_ptr<wire_desk> hellos) {
  return mock_behavior(self, onto<hello_atom>(self, hellos));
}

caf::behavior listening(caf::event_based_actor* self, std::shared_ptr<tray<bandwidth_reading>> readings) {
  return mock_behavior(self, into(readings));
}

class bandwidth_sensor_test : public actor_test {
 protected:
  bandwidth_sensor_test() {
    sensor_ = owned(spawn_bandwidth_sensor(system_, {}));
    tell(sensor_, join_atom{}, caf::actor_cast<bandwidth_listener>(owned(system_.spawn(listening, readings_))));
  }

  void link_comes_up(std::uint64_t generation = 1) {
    link_up up;
    up.remote = caf::actor_cast<remote_inference_actor>(owned(system_.spawn(mock_cloud, hellos_)));
    up.generation = generation;
    tell(sensor_, up);
    const auto forgotten = readings_->take();
    EXPECT_FALSE(forgotten.bandwidth_bps || forgotten.rtt_seconds) << "nothing is known of a new link";
  }

  /// Answers both hellos of a probe after the times that a link of 8 ms and 5 Mbit/s takes.
  void answer_probe() {
    for (int i = 0; i < 2; ++i) {
      const auto hello = hellos_->take();
      const auto seconds = 0.008 + 8.0 * static_cast<double>(hello.request.bytes.size()) / 5e6;
      advance(std::chrono::microseconds(static_cast<std::int64_t>(seconds * 1e6)));
      hello.deliver(wire_message{"x"});
      run();
    }
  }

  std::shared_ptr<wire_desk> hellos_ = std::make_shared<wire_desk>("cloud's hello");
  std::shared_ptr<tray<bandwidth_reading>> readings_ = std::make_shared<tray<bandwidth_reading>>("listener");
  bandwidth_sensor_actor sensor_;
};

TEST_F(bandwidth_sensor_test, a_new_link_is_probed_once_with_a_small_and_a_large_hello) {
  link_comes_up();
  answer_probe();
  EXPECT_NEAR(*readings_->take().rtt_seconds, 0.008, 0.001);
  EXPECT_NEAR(*readings_->take().bandwidth_bps, 5e6, 0.3e6);
  advance(20s, 100ms);
  EXPECT_EQ(hellos_->size(), 0U);
}

TEST_F(bandwidth_sensor_test, the_large_hello_is_one_that_the_cloud_accepts) {
  link_comes_up();
  hellos_->take().deliver(wire_message{"x"});
  run();
  const auto large = hellos_->take().request.bytes;
  EXPECT_GT(large.size(), link::probing::padding_bytes);
  EXPECT_TRUE(messages::parse_hello_request(large));
  readings_->clear();
}

TEST_F(bandwidth_sensor_test, transfers_that_happen_anyway_replace_probes) {
  link_comes_up();
  answer_probe();
  int hellos = 0;
  for (int i = 0; i < 300; ++i) {
    tell(sensor_, transfer_sample{.bytes = 1000, .seconds = 0.01, .when = now()});
    advance(1s, 100ms);
    for (; hellos_->size() > 0; ++hellos) EXPECT_LT(hellos_->take().request.bytes.size(), 100U) << "for the round trip";
  }
  EXPECT_GE(hellos, 20);
  EXPECT_LE(hellos, 30) << "a small one every ten seconds";
  readings_->clear();
}

// Regression: a probe's own reply counted as traffic, so that an idle node probed every 90 s for ever.
TEST_F(bandwidth_sensor_test, silence_is_probed_ever_more_rarely_on_a_link_that_answers) {
  link_comes_up();
  answer_probe();
  int large = 0;
  for (int second = 0; second < 3600; ++second) {
    advance(1s, 500ms);
    while (hellos_->size() > 0) {
      const auto hello = hellos_->take();
      if (hello.request.bytes.size() > 1000) ++large;
      hello.deliver(wire_message{"x"});
      run();
    }
  }
  EXPECT_GE(large, 6);
  EXPECT_LE(large, 10) << "after an hour of silence a probe comes every ten minutes";
  readings_->clear();
}

TEST_F(bandwidth_sensor_test, a_reply_over_the_old_link_teaches_nothing_about_the_new_one) {
  link_comes_up(1);
  const auto old = hellos_->take();
  link_comes_up(2);
  old.deliver(wire_message{"x"});
  run();
  EXPECT_EQ(readings_->size(), 0U);
  hellos_->take();
}

TEST_F(bandwidth_sensor_test, a_dead_link_is_left_alone) {
  link_comes_up();
  answer_probe();
  readings_->clear();
  tell(sensor_, link_down{"gone"});
  EXPECT_FALSE(readings_->take().bandwidth_bps) << "absent, not what the dead link once had";
  advance(600s, 1s);
  EXPECT_EQ(hellos_->size(), 0U);
}

}  // namespace
}  // namespace dvfo::actors
