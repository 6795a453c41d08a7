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
  void put(streamed_task task) {
    {
      const std::lock_guard lock(mutex_);
      tasks_.push_back(std::move(task));
    }
    filled_.notify_one();
  }
  streamed_task take() {
    std::unique_lock lock(mutex_);
    filled_.wait(lock, [&] { return !tasks_.empty(); });
    auto task = std::move(tasks_.front());
    tasks_.pop_front();
    return task;
  }

 private:
  std::mutex mutex_;
  std::condition_variable filled_;
  std::deque<streamed_task> tasks_;
};

void start_task(edge_node& node, const task_source& source, std::size_t index, const task_override& other,
                const std::shared_ptr<mailbox>& answers) {
  const auto place = index % source.size();
  streamed_task task{index, source.name(place), std::nullopt, {}};
  try {
    auto input = source.at(place);
    task.truth = std::move(input.truth);
    node.submit(
        std::move(input.input),
        [answers, task](answer result) mutable {
          task.result = std::move(result);
          answers->put(std::move(task));
        },
        other);
  } catch (const inference::error& problem) {
    task.result.failure = problem.what();
    answers->put(std::move(task));
  }
}

}  // namespace

task_report report_of(const streamed_task& task, double deadline_seconds) {
  task_report out{.index = task.index, .input = task.name, .truth = task.truth};
  const auto& result = task.result;
  out.failure = result.failure;
  if (!result.ok()) return out;
  out.prediction = result.prediction;
  out.eta = result.eta;
  out.lambda = result.lambda;
  out.outcome = result.outcome;
  out.deadline_seconds = deadline_seconds;
  return out;
}

summary stream(edge_node& node, const task_source& source, const stream_options& how,
               const std::function<void(const task_report&)>& sink, const std::atomic<bool>& stop) {
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
    const auto report = report_of(answers->take(), how.deadline_seconds);
    --in_flight;
    totals.add(report);
    sink(report);
  }
}

}  // namespace dvfo::edge_node
