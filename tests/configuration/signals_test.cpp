#include "configuration/signals.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <future>

namespace dvfo::configuration {
namespace {

// Signals belong to a whole process, so each case runs in one of its own.
class stop_signals_death : public testing::Test {
 protected:
  stop_signals_death() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

TEST_F(stop_signals_death, hand_over_the_first_signal) {
  const auto scene = [] {
    std::promise<int> first;
    stop_signals signals;
    signals.listen([&](int number) { first.set_value(number); });
    kill(getpid(), SIGINT);
    std::exit(first.get_future().get() == SIGINT ? 0 : 1);
  };
  EXPECT_EXIT(scene(), testing::ExitedWithCode(0), "");
}

TEST_F(stop_signals_death, keep_a_signal_that_came_before_anybody_listened) {
  const auto scene = [] {
    std::promise<int> first;
    stop_signals signals;
    kill(getpid(), SIGTERM);
    signals.listen([&](int number) { first.set_value(number); });
    std::exit(first.get_future().get() == SIGTERM ? 0 : 1);
  };
  EXPECT_EXIT(scene(), testing::ExitedWithCode(0), "");
}

TEST_F(stop_signals_death, end_the_process_at_the_second) {
  const auto scene = [] {
    std::promise<void> first;
    stop_signals signals;
    signals.listen([&](int) { first.set_value(); });
    kill(getpid(), SIGTERM);
    first.get_future().wait();
    kill(getpid(), SIGTERM);
    for (;;) pause();
  };
  EXPECT_EXIT(scene(), testing::ExitedWithCode(128 + SIGTERM), "");
}

TEST_F(stop_signals_death, end_quietly_when_none_came) {
  const auto scene = [] {
    {
      stop_signals signals;
      signals.listen([](int) {});
    }
    std::exit(0);
  };
  EXPECT_EXIT(scene(), testing::ExitedWithCode(0), "");
}

TEST_F(stop_signals_death, stop_with_a_parent_that_is_gone) {
  EXPECT_EXIT(stop_with_parent(1), testing::ExitedWithCode(EXIT_FAILURE), "");
}

}  // namespace
}  // namespace dvfo::configuration
