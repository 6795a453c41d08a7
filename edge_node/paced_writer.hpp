#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace dvfo::edge_node {

/// Writes something down again after it has changed: at once, then no oftener than every `interval`, and a last time at
/// the end. Sleeps while nothing changes.
class paced_writer {
 public:
  /// `write` is called on a thread of this object's, never twice at a time; it must not throw.
  paced_writer(std::function<void()> write, std::chrono::milliseconds interval);

  /// Writes what has changed and is not written yet, without waiting for the interval.
  ~paced_writer();
  paced_writer(const paced_writer&) = delete;
  paced_writer& operator=(const paced_writer&) = delete;

  /// Something has changed. Any thread; returns at once.
  void changed();

 private:
  void run();

  std::function<void()> write_;
  std::chrono::milliseconds interval_;
  std::mutex mutex_;
  std::condition_variable woken_;
  bool has_changed_ = false;
  bool is_over_ = false;
  std::thread thread_;
};

}  // namespace dvfo::edge_node
