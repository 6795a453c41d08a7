#include "actors/batch_queue.hpp"

#include <gtest/gtest.h>

namespace dvfo::actors {
namespace {

using std::chrono::milliseconds;

const time_point start{std::chrono::hours(1)};

waiting_request request(std::uint64_t ticket, double share, int arrived_ms = 0, int expires_ms = 1000) {
  return {.ticket = ticket,
          .kind = {.share = share},
          .frame = "f",
          .arrived = start + milliseconds(arrived_ms),
          .expires = start + milliseconds(expires_ms)};
}

std::vector<std::uint64_t> tickets(const std::vector<waiting_request>& requests) {
  std::vector<std::uint64_t> out;
  for (const auto& one : requests) out.push_back(one.ticket);
  return out;
}

using ids = std::vector<std::uint64_t>;

batch_queue make_queue() { return batch_queue({.max_batch = 3, .max_delay = milliseconds(10), .max_queue = 5}); }

TEST(batch_queue, a_full_group_is_ripe_at_once) {
  auto queue = make_queue();
  queue.push(request(1, 0.5));
  queue.push(request(2, 0.5));
  EXPECT_TRUE(queue.take_ripe(start).empty());
  queue.push(request(3, 0.5));
  EXPECT_EQ(tickets(queue.take_ripe(start)), (ids{1, 2, 3}));
  EXPECT_TRUE(queue.is_empty());
}

TEST(batch_queue, only_what_fills_a_batch_is_handed_out_ahead) {
  auto queue = make_queue();
  queue.push(request(1, 0.25));
  queue.push(request(2, 0.5, 1));
  queue.push(request(3, 0.5, 1));
  EXPECT_TRUE(queue.take_full().empty());
  queue.push(request(4, 0.5, 2));
  EXPECT_EQ(tickets(queue.take_full()), (ids{2, 3, 4}));
  EXPECT_EQ(queue.size(), 1U);
}

TEST(batch_queue, a_group_ripens_by_waiting) {
  auto queue = make_queue();
  queue.push(request(1, 0.5, 2));
  queue.push(request(2, 0.5, 9));
  EXPECT_EQ(queue.next_ripening(), start + milliseconds(12));
  EXPECT_TRUE(queue.take_ripe(start + milliseconds(11)).empty());
  EXPECT_EQ(tickets(queue.take_ripe(start + milliseconds(12))), (ids{1, 2}));
  EXPECT_EQ(queue.next_ripening(), std::nullopt);
}

TEST(batch_queue, shares_do_not_meet) {
  auto queue = make_queue();
  queue.push(request(1, 0.5, 0));
  queue.push(request(2, 0.25, 1));
  queue.push(request(3, 0.5, 2));
  EXPECT_EQ(tickets(queue.take_ripe(start + milliseconds(11))), (ids{1, 3}));
  EXPECT_EQ(tickets(queue.take_ripe(start + milliseconds(11))), (ids{2}));
}

TEST(batch_queue, of_ripe_groups_the_oldest_request_goes_first) {
  auto queue = make_queue();
  queue.push(request(1, 0.75, 1));
  for (std::uint64_t ticket = 2; ticket < 5; ++ticket) queue.push(request(ticket, 0.25, 2));
  EXPECT_EQ(tickets(queue.take_ripe(start + milliseconds(2))), (ids{2, 3, 4})) << "only the full group is ripe";
  for (std::uint64_t ticket = 5; ticket < 8; ++ticket) queue.push(request(ticket, 0.25, 11));
  EXPECT_EQ(tickets(queue.take_ripe(start + milliseconds(11))), (ids{1}));
}

TEST(batch_queue, never_more_than_a_batch) {
  auto queue = make_queue();
  for (std::uint64_t ticket = 1; ticket <= 5; ++ticket) queue.push(request(ticket, 0.5));
  EXPECT_TRUE(queue.is_full());
  EXPECT_EQ(tickets(queue.take_ripe(start)), (ids{1, 2, 3}));
  EXPECT_FALSE(queue.is_full());
  EXPECT_TRUE(queue.take_ripe(start).empty());
  EXPECT_EQ(queue.size(), 2U);
}

TEST(batch_queue, expired_requests_leave_without_disturbing_the_order) {
  auto queue = make_queue();
  queue.push(request(1, 0.5, 0, 5));
  queue.push(request(2, 0.5, 1, 50));
  queue.push(request(3, 0.25, 2, 5));
  queue.push(request(4, 0.5, 3, 50));
  EXPECT_EQ(tickets(queue.take_expired(start + milliseconds(5))), (ids{3, 1}));
  EXPECT_EQ(queue.size(), 2U);
  EXPECT_EQ(queue.next_ripening(), start + milliseconds(11));
  EXPECT_EQ(tickets(queue.take_ripe(start + milliseconds(11))), (ids{2, 4}));
}

}  // namespace
}  // namespace dvfo::actors
