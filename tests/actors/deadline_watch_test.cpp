#include "actors/deadline_watch.hpp"

#include <gtest/gtest.h>

namespace dvfo::actors {
namespace {

using std::chrono::milliseconds;

time_point at(int ms) { return time_point{} + milliseconds(ms); }

// Every request had a timer of its own, and each one woke CAF's clock thread when it was set and when it was cancelled.
TEST(deadline_watch, a_stream_of_short_tasks_with_long_deadlines_asks_for_one_look_a_deadline) {
  deadline_watch watch;
  int looks = 0;
  auto next = time_point::max();
  for (int ms = 0; ms < 10'000; ms += 2) {
    if (next <= at(ms)) {
      const auto seen = watch.look_at(at(ms));
      EXPECT_TRUE(seen.over.empty());
      EXPECT_FALSE(seen.next) << "nothing is under way";
      next = time_point::max();
    }
    if (const auto asked = watch.set(static_cast<std::uint64_t>(ms), at(ms + 1000))) {
      next = *asked;
      ++looks;
    }
    watch.erase(static_cast<std::uint64_t>(ms));
  }
  EXPECT_EQ(looks, 10);
  EXPECT_EQ(watch.size(), 0U);
}

TEST(deadline_watch, what_is_over_is_told_once_and_oldest_first) {
  deadline_watch watch;
  EXPECT_EQ(watch.set(1, at(30)), at(30));
  EXPECT_EQ(watch.set(2, at(20)), at(20)) << "earlier than the look that comes";
  EXPECT_FALSE(watch.set(3, at(90)));
  auto seen = watch.look_at(at(20));
  EXPECT_EQ(seen.over, std::vector<std::uint64_t>{2});
  EXPECT_FALSE(seen.next) << "the look at 30 is still to come";
  seen = watch.look_at(at(30));
  EXPECT_EQ(seen.over, std::vector<std::uint64_t>{1});
  EXPECT_EQ(seen.next, at(90));
  seen = watch.look_at(at(90));
  EXPECT_EQ(seen.over, std::vector<std::uint64_t>{3});
  EXPECT_FALSE(seen.next);
}

TEST(deadline_watch, a_deadline_may_move_either_way) {
  deadline_watch watch;
  EXPECT_EQ(watch.set(1, at(50)), at(50));
  EXPECT_FALSE(watch.set(1, at(80)));
  auto seen = watch.look_at(at(50));
  EXPECT_TRUE(seen.over.empty());
  EXPECT_EQ(seen.next, at(80));
  EXPECT_EQ(watch.set(1, at(60)), at(60));
  EXPECT_EQ(watch.look_at(at(60)).over, std::vector<std::uint64_t>{1});
  EXPECT_EQ(watch.size(), 0U);
}

TEST(deadline_watch, looks_do_not_pile_up_where_deadlines_of_two_lengths_take_turns) {
  deadline_watch watch;
  int open = 0;
  int most = 0;
  std::multiset<time_point> looks;
  const auto note = [&](std::optional<time_point> asked) {
    if (asked) looks.insert(*asked);
    open = static_cast<int>(looks.size());
    most = std::max(most, open);
  };
  for (int ms = 0; ms < 10'000; ms += 10) {
    while (!looks.empty() && *looks.begin() <= at(ms)) {
      looks.erase(looks.begin());
      note(watch.look_at(at(ms)).next);
    }
    const auto key = static_cast<std::uint64_t>(ms);
    note(watch.set(key, at(ms + (ms % 20 == 0 ? 1000 : 15))));
    watch.erase(key);
  }
  EXPECT_LE(most, 2);
}

}  // namespace
}  // namespace dvfo::actors
