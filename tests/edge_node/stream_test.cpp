#include "edge_node/stream.hpp"

#include <gtest/gtest.h>

namespace dvfo::edge_node {
namespace {

const inference::class_truth circle{.label = 0, .name = "circle"};
const inference::class_prediction square{
    .predicted = 1, .name = "square", .probability = 0.75, .probabilities = {0.25F, 0.75F}};

streamed_task answered_task() {
  streamed_task task{.index = 3, .name = "procedural/3", .truth = circle, .result = {}};
  task.result.prediction = square;
  task.result.eta = 0.25;
  task.result.lambda = 0.5;
  task.result.outcome.task_id = 9;
  task.result.outcome.tti = 0.004;
  return task;
}

TEST(report_of, tells_what_was_asked_answered_and_paid) {
  const auto task = answered_task();
  EXPECT_EQ(report_of(task, 1.5), (task_report{.index = 3,
                                               .input = "procedural/3",
                                               .truth = circle,
                                               .prediction = square,
                                               .eta = 0.25,
                                               .lambda = 0.5,
                                               .outcome = task.result.outcome,
                                               .deadline_seconds = 1.5}));
}

TEST(report_of, gives_the_failure_and_nothing_else) {
  auto task = answered_task();
  task.truth.reset();
  task.result.failure = "procedural/3: no image";
  EXPECT_EQ(report_of(task, 1.0),
            (task_report{.index = 3, .input = "procedural/3", .failure = "procedural/3: no image"}));
}

}  // namespace
}  // namespace dvfo::edge_node
