#include "actors/local_queue.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace dvfo::actors {
namespace {

class local_queue_test : public ::testing::Test {
 protected:
  void push(local_queue& queue, std::uint64_t id) {
    queue.push(id, [this, id] { sent_.push_back(id); });
  }
  std::vector<std::uint64_t> sent_;
};

TEST_F(local_queue_test, hands_over_no_more_than_its_window_in_the_order_they_came) {
  local_queue queue(2);
  for (std::uint64_t id = 1; id <= 3; ++id) push(queue, id);
  EXPECT_EQ(sent_, (std::vector<std::uint64_t>{1, 2}));
  queue.on_answer();
  EXPECT_EQ(sent_, (std::vector<std::uint64_t>{1, 2, 3}));
  queue.on_answer();
  queue.on_answer();
  push(queue, 4);
  EXPECT_EQ(sent_.back(), 4U) << "there is room: at once";
}

TEST_F(local_queue_test, a_task_that_is_over_leaves_and_what_was_handed_over_keeps_its_place) {
  local_queue queue(1);
  for (std::uint64_t id = 1; id <= 3; ++id) push(queue, id);
  queue.erase(1);
  queue.erase(2);
  EXPECT_EQ(queue.size(), 1U);
  EXPECT_EQ(sent_, std::vector<std::uint64_t>{1}) << "the model still has the first";
  queue.on_answer();
  EXPECT_EQ(sent_, (std::vector<std::uint64_t>{1, 3}));
}

}  // namespace
}  // namespace dvfo::actors
