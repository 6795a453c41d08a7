#pragma once

#include <sys/types.h>

#include <functional>
#include <thread>

namespace dvfo::configuration {

/// Turns SIGINT and SIGTERM into a call on a thread of its own: the first asks the program to finish what is in flight,
/// a second ends the process at once with 128 + its number. Handlers are used and not a blocked mask, because libraries
/// start threads before main() that know nothing of a mask. Signals count from construction on. One object per process
/// at a time.
class stop_signals {
 public:
  stop_signals();
  /// Stops listening; the handlers stay, so that a late signal does not cut a clean end short.
  ~stop_signals();
  stop_signals(const stop_signals&) = delete;
  stop_signals& operator=(const stop_signals&) = delete;

  /// Starts listening; `on_stop` runs at most once, on the listening thread, with the signal's number, also for a
  /// signal that came before. Call at most once; what `on_stop` refers to must outlive this object.
  void listen(std::function<void(int)> on_stop);

 private:
  std::thread thread_;
};

/// Asks the kernel to send this process SIGTERM when `parent`, the process that started it, ends, so that no daemon
/// outlives the tool that started it, however that tool died. Ends the process at once if it is gone already. (The
/// kernel watches the very thread that started us, so tools start daemons from their main thread.)
void stop_with_parent(pid_t parent);

}  // namespace dvfo::configuration
