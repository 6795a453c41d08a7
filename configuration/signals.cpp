#include "configuration/signals.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <system_error>
#include <utility>

namespace dvfo::configuration {
namespace {

// What the handler may touch: lock-free values alone. The pipe carries one byte, the signal's number; 0 ends the
// listening.
std::atomic<int> pipe_entry = -1;
std::atomic<bool> asked = false;
std::array<int, 2> pipe_ends = {-1, -1};

void handle(int number) {
  if (asked.exchange(true)) _exit(128 + number);
  const int saved = errno;
  const auto byte = static_cast<unsigned char>(number);
  [[maybe_unused]] const auto written = write(pipe_entry, &byte, 1);
  errno = saved;
}

int next_byte() {
  unsigned char byte = 0;
  for (;;) {
    const auto got = read(pipe_ends[0], &byte, 1);
    if (got == 1) return byte;
    if (got == 0 || errno != EINTR) return 0;
  }
}

}  // namespace

stop_signals::stop_signals() {
  if (pipe2(pipe_ends.data(), O_CLOEXEC) != 0)
    throw std::system_error(errno, std::generic_category(), "cannot make a pipe");
  pipe_entry = pipe_ends[1];
  asked = false;
  struct sigaction action {};
  action.sa_handler = handle;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  // A peer or a reader of our output that goes away is an error code, not a death.
  std::signal(SIGPIPE, SIG_IGN);
}

stop_signals::~stop_signals() {
  if (!thread_.joinable()) return;
  const unsigned char end = 0;
  [[maybe_unused]] const auto written = write(pipe_entry, &end, 1);
  thread_.join();
}

void stop_signals::listen(std::function<void(int)> on_stop) {
  thread_ = std::thread([on_stop = std::move(on_stop)] {
    if (const int number = next_byte(); number != 0) on_stop(number);
  });
}

void stop_with_parent(pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  // Another parent already: the first one ended before the call above took effect, and nobody is left to send the
  // signal.
  if (getppid() != parent) std::exit(EXIT_FAILURE);
}

}  // namespace dvfo::configuration
