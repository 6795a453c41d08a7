#include "actors/frequency_actuator.hpp"

#include <stdexcept>

#include "tests/actors/actor_test.hpp"

namespace dvfo::actors {
namespace {

class frequency_actuator_test : public actor_test {};

TEST_F(frequency_actuator_test, answers_with_what_took_effect) {
  const auto actuator = owned(system_.spawn(frequency_actuator, clock_setter([](const device::clocks& order) {
                                              device::applied_clocks out;
                                              out.gpu = {.status = device::apply_status::snapped,
                                                         .asked_hz = order.gpu_hz,
                                                         .effective_hz = 921.6e6,
                                                         .settle_seconds = 0.005};
                                              return out;
                                            })));
  device::clocks order;
  order.gpu_hz = 900e6;
  const auto reply = ask<device::applied_clocks>(actuator, apply_atom{}, order);
  ASSERT_TRUE(reply->value);
  EXPECT_EQ(reply->value->gpu.asked_hz, 900e6);
  EXPECT_EQ(reply->value->effective().gpu_hz, 921.6e6);
  EXPECT_FALSE(reply->value->effective().cpu_hz) << "not ordered, not there";
}

TEST_F(frequency_actuator_test, a_setter_that_throws_is_an_error_reply_and_the_actor_lives) {
  int calls = 0;
  const auto actuator =
      owned(system_.spawn(frequency_actuator, clock_setter([&calls](const device::clocks&) -> device::applied_clocks {
                            if (++calls == 1) throw std::runtime_error("the tree is gone");
                            return {};
                          })));
  EXPECT_EQ(text_of(ask<device::applied_clocks>(actuator, apply_atom{}, device::clocks{})->error), "the tree is gone");
  EXPECT_TRUE(ask<device::applied_clocks>(actuator, apply_atom{}, device::clocks{})->value);
}

TEST_F(frequency_actuator_test, the_boards_files_are_let_go_with_the_actor) {
  auto files = std::make_shared<int>(1);
  std::weak_ptr<int> seen = files;
  auto actuator = system_.spawn(frequency_actuator,
                                clock_setter([files](const device::clocks&) -> device::applied_clocks { return {}; }));
  files.reset();
  EXPECT_FALSE(seen.expired());
  caf::anon_send_exit(actuator, caf::exit_reason::user_shutdown);
  run();
  EXPECT_TRUE(seen.expired()) << "what owns the clocks restores them when it is destroyed";
}

}  // namespace
}  // namespace dvfo::actors
