#include "edge_node/stream.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>

#include "inference/error.hpp"

namespace dvfo::edge_node {
namespace {

// Answers on their way from the node's threads to the streaming one. Shared with callbacks, which may outlive an
// exception.
class mailbox {
 public:
  void put(task_record record) {
    {
      const std::lock_guard lock(mutex_);
      records_.push_back(std::move(record));
    }
    filled_.notify_one();
  }
  task_record take() {
    std::unique_lock lock(mutex_);
    filled_.wait(lock, [&] { return !records_.empty(); });
    auto record = std::move(records_.front());
    records_.pop_front();
    return record;
  }

 private:
  std::mutex mutex_;
  std::condition_variable filled_;
  std::deque<task_record> records_;
};

void start_task(edge_node& node, const task_source& source, std::size_t index, const task_override& other,
                const std::shared_ptr<mailbox>& answers) {
  const auto place = index % source.size();
  task_record record{index, source.name(place), std::nullopt, {}};
  try {
    auto input = source.at(place);
    record.label = input.label;
    node.submit(
        std::move(input.picture),
        [answers, record](answer result) mutable {
          record.result = std::move(result);
          answers->put(std::move(record));
        },
        other);
  } catch (const inference::error& problem) {
    record.result.failure = problem.what();
    answers->put(std::move(record));
  }
}

}  // namespace

summary stream(edge_node& node, const task_source& source, const stream_options& how,
               const std::function<void(const task_record&)>& sink, const std::atomic<bool>& stop) {
  summary totals;
  if (source.size() == 0) return totals;
  const auto answers = std::make_shared<mailbox>();
  for (std::size_t i = 0; i < how.warm_up && !stop; ++i) {
    start_task(node, source, 0, how.other, answers);
    answers->take();
  }
  const auto tasks = how.tasks == 0 ? source.size() : how.tasks;
  std::size_t started = 0;
  std::size_t in_flight = 0;
  for (;;) {
    while (!stop && started < tasks && in_flight < how.in_flight) {
      start_task(node, source, started++, how.other, answers);
      ++in_flight;
    }
    if (in_flight == 0) return totals;
    const auto record = answers->take();
    --in_flight;
    totals.add(record, how.deadline_seconds);
    sink(record);
  }
}

}  // namespace dvfo::edge_node
