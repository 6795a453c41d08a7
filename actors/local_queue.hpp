#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <utility>

namespace dvfo::actors {

/// Jobs for local_inference in the order that they came. It has a window of them at a time, so that a model that hangs
/// holds no more than these; the others wait here and leave with their tasks. No actor.
class local_queue {
 public:
  explicit local_queue(std::size_t window) : window_(window) {}

  /// `send` hands the job over; it is called at once if there is room, and from on_answer otherwise.
  void push(std::uint64_t task_id, std::function<void()> send) {
    waiting_.push_back({task_id, std::move(send)});
    hand_over();
  }

  /// local_inference has answered one that was handed over.
  void on_answer() {
    --with_it_;
    hand_over();
  }

  /// The task is over: what waits of it is dropped.
  void erase(std::uint64_t task_id) {
    std::erase_if(waiting_, [task_id](const job& each) { return each.task_id == task_id; });
  }

  [[nodiscard]] std::size_t size() const { return waiting_.size(); }

 private:
  struct job {
    std::uint64_t task_id;
    std::function<void()> send;
  };

  void hand_over() {
    while (!waiting_.empty() && with_it_ < window_) {
      const auto next = std::move(waiting_.front());
      waiting_.pop_front();
      ++with_it_;
      next.send();
    }
  }

  std::size_t window_;
  std::size_t with_it_ = 0;
  std::deque<job> waiting_;
};

}  // namespace dvfo::actors
