#include "edge_node/paced_writer.hpp"

#include <utility>

namespace dvfo::edge_node {

paced_writer::paced_writer(std::function<void()> write, std::chrono::milliseconds interval)
    : write_(std::move(write)), interval_(interval), thread_([this] { run(); }) {}

paced_writer::~paced_writer() {
  {
    const std::lock_guard lock(mutex_);
    is_over_ = true;
  }
  woken_.notify_one();
  thread_.join();
}

void paced_writer::changed() {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(has_changed_, true)) return;
  }
  woken_.notify_one();
}

void paced_writer::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    woken_.wait(lock, [this] { return has_changed_ || is_over_; });
    if (!std::exchange(has_changed_, false)) return;
    lock.unlock();
    write_();
    lock.lock();
    woken_.wait_for(lock, interval_, [this] { return is_over_; });
  }
}

}  // namespace dvfo::edge_node
