#include "actors/power_sensor.hpp"

#include "tests/actors/actor_test.hpp"
#include "tests/actors/mocks.hpp"

namespace dvfo::actors {
namespace {

caf::behavior listening(caf::event_based_actor* self, std::shared_ptr<tray<power_reading>> readings) {
  return mock_behavior(self, into(readings));
}

class power_sensor_test : public actor_test {
 protected:
  power_sensor_test() {
    power_sensor_options options;
    options.read = [this](time_point when) {
      ++reads_;
      return power_reading{.when = when, .watts = 5.0, .total_joules = {}};
    };
    options.interval = 100ms;
    options.lease = 1s;
    // Not through spawn_power_sensor: a detached actor would leave virtual time.
    sensor_ = owned(system_.spawn(power_sensor, options));
    tell(sensor_, join_atom{}, caf::actor_cast<power_listener>(owned(system_.spawn(listening, readings_))));
  }

  int reads_ = 0;
  std::shared_ptr<tray<power_reading>> readings_ = std::make_shared<tray<power_reading>>("listener");
  power_sensor_actor sensor_;
};

TEST_F(power_sensor_test, an_idle_node_reads_nothing) {
  advance(10s, 100ms);
  EXPECT_EQ(reads_, 0);
}

TEST_F(power_sensor_test, reads_at_once_then_at_its_own_rate_and_sleeps_when_the_lease_is_over) {
  tell(sensor_, watch_atom{});
  EXPECT_EQ(readings_->take().watts, 5.0);
  advance(500ms, 50ms);
  EXPECT_EQ(reads_, 6);
  advance(10s, 50ms);
  EXPECT_EQ(reads_, 10);
  readings_->clear();
}

TEST_F(power_sensor_test, a_renewed_lease_starts_no_second_clockwork) {
  for (int i = 0; i < 5; ++i) tell(sensor_, watch_atom{});
  advance(500ms, 50ms);
  EXPECT_EQ(reads_, 6);
  readings_->clear();
}

}  // namespace
}  // namespace dvfo::actors
