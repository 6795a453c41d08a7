#include "cli/signals.hpp"

#include <pthread.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cstdlib>
#include <utility>

namespace dvfo::cli {
namespace {

// Wakes the listening thread when the program ends without a signal; never delivered from outside in practice.
constexpr int wake_signal = SIGUSR2;

int next_signal(const sigset_t& watched) {
  int number = 0;
  while (sigwait(&watched, &number) != 0) {
  }
  return number;
}

}  // namespace

stop_signals::stop_signals() {
  sigemptyset(&watched_);
  sigaddset(&watched_, SIGINT);
  sigaddset(&watched_, SIGTERM);
  sigaddset(&watched_, wake_signal);
  pthread_sigmask(SIG_BLOCK, &watched_, nullptr);
  // A peer or a reader of our output that goes away is an error code, not a death.
  std::signal(SIGPIPE, SIG_IGN);
}

stop_signals::~stop_signals() {
  if (thread_.joinable()) {
    thread_.request_stop();
    pthread_kill(thread_.native_handle(), wake_signal);
  }
}

void stop_signals::listen(std::function<void(int)> on_stop) {
  thread_ = std::jthread([watched = watched_, on_stop = std::move(on_stop)](const std::stop_token& ended) {
    bool asked = false;
    while (!ended.stop_requested()) {
      const int number = next_signal(watched);
      if (number == wake_signal) continue;
      if (asked) _exit(128 + number);
      asked = true;
      on_stop(number);
    }
  });
}

void stop_with_parent(pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  // Another parent already: the first one ended before the call above took effect, and nobody is left to send the
  // signal.
  if (getppid() != parent) std::exit(EXIT_FAILURE);
}

}  // namespace dvfo::cli
