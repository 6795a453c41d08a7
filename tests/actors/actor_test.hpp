#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>

#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/interfaces.hpp"
#include "actors/system_config.hpp"

namespace dvfo::actors {

using namespace std::chrono_literals;

/// What came back for one request.
template <class T>
struct reply {
  std::optional<T> value;
  caf::error error;
  int count = 0;  ///< answers of any kind: must end as 1

  [[nodiscard]] bool is_open() const { return count == 0; }
};

/// An actor system under CAF's deterministic scheduler: nothing runs but in run(), time moves but in advance().
class actor_test : public ::testing::Test {
 protected:
  ~actor_test() override {
    for (const auto& actor : spawned_) caf::anon_send_exit(actor, caf::exit_reason::kill);
    run();
  }

  void run() { scheduler().run(); }

  /// Moves virtual time in steps, because a timer that re-arms itself would otherwise fire once only.
  void advance(std::chrono::microseconds time, std::chrono::microseconds step = 1ms) {
    for (; time > 0us; time -= step) {
      scheduler().advance_time(std::min(time, step));
      run();
    }
  }

  time_point now() { return system_.clock().now(); }

  /// Has the actor ended with the test.
  template <class Handle>
  Handle owned(Handle handle) {
    spawned_.push_back(caf::actor_cast<caf::strong_actor_ptr>(handle));
    return handle;
  }

  /// Sends a request from an actor of its own and runs what it sets off.
  template <class T, class Handle, class... Ts>
  std::shared_ptr<reply<T>> ask(const Handle& to, const Ts&... parts) {
    auto out = std::make_shared<reply<T>>();
    // `out` is an argument, not a capture: CAF reads through a null pointer when a function is spawned without
    // arguments.
    const auto asking = [=](caf::event_based_actor* self, const std::shared_ptr<reply<T>>& kept) {
      self->request(to, caf::infinite, parts...)
          .then(
              [kept](const T& value) {
                kept->value = value;
                ++kept->count;
              },
              [kept](const caf::error& error) {
                kept->error = error;
                ++kept->count;
              });
    };
    owned(system_.spawn(asking, out));
    run();
    return out;
  }

  template <class Handle, class... Ts>
  void tell(const Handle& to, const Ts&... parts) {
    caf::anon_send(to, parts...);
    run();
  }

  caf::scheduler::test_coordinator& scheduler() {
    return dynamic_cast<caf::scheduler::test_coordinator&>(system_.scheduler());
  }

  test_system_config config_;
  caf::actor_system system_{config_};

 private:
  std::vector<caf::strong_actor_ptr> spawned_;
};

}  // namespace dvfo::actors
