#include "policy/experience/wire.hpp"

#include <gtest/gtest.h>

namespace dvfo::policy {
namespace {

/// Every field has a value of its own, so that no two can be mixed up unseen.
experience full() {
  experience out;
  out.task_id = 7;
  out.seen = {.eta = 0.25,
              .lambda = 0.75,
              .importance = {0.5F, 0.375F, 0.125F},
              .bandwidth_bps = 5e6,
              .rtt_seconds = 0.004,
              .link_up = true,
              .previous = {{1.1e9, std::nullopt, 1.3e9}, 0.5},
              .in_force = {2.1e9, 2.2e9, std::nullopt},
              .celsius = 48.5,
              .waiting_tasks = 2.0,
              .thinking_share = 0.0625};
  out.decided = {{std::nullopt, 3.2e9, 3.3e9}, 1.0, sending::compressed};
  out.tti_seconds = 0.012;
  out.joules = 0.03;
  out.is_measured = true;
  out.share = 0.125;
  out.degraded = degraded_reason::cloud_late;
  return out;
}

TEST(experience_wire, everything_survives_the_way_to_the_message_and_back) {
  EXPECT_EQ(from_message(to_message(full())), full());
  EXPECT_EQ(from_message(to_message(experience{})), experience{});
}

TEST(experience_wire, a_message_survives_the_way_to_the_scheme_and_back) {
  const auto message = to_message(full());
  EXPECT_EQ(to_message(from_message(message)), message);
}

TEST(experience_wire, numbers_of_the_file_have_the_meaning_that_its_schema_says) {
  const std::pair<sending, int> sent[] = {
      {sending::features, 0}, {sending::input, 1}, {sending::compressed, 2}, {sending::appeal, 3}};
  for (const auto& [sends, number] : sent) {
    experience task;
    task.decided.sends = sends;
    EXPECT_EQ(to_message(task).sends, number) << to_string(sends);
  }
  const std::pair<degraded_reason, int> reasons[] = {{degraded_reason::none, 0},
                                                     {degraded_reason::link_down, 10},
                                                     {degraded_reason::window_full, 20},
                                                     {degraded_reason::cloud_late, 30},
                                                     {degraded_reason::cloud_refused, 40},
                                                     {degraded_reason::cloud_failed, 50},
                                                     {degraded_reason::offload_failed, 60},
                                                     {degraded_reason::undecided, 70}};
  for (const auto& [reason, number] : reasons) {
    experience task;
    task.degraded = reason;
    EXPECT_EQ(to_message(task).degraded, number) << to_string(reason);
  }
}

// The file's check of its numbers stands in messages/, which does not see the words: a word that was added here, and
// not there, would make a node's own file unreadable.
TEST(experience_wire, every_word_can_be_read_from_a_file) {
  const auto read = [](const experience& task) {
    const auto bytes = messages::encode_delimited(to_message(task));
    return from_message(messages::experience_reader(bytes).next().value());
  };
  experience task;
  for (const auto reason : all_degraded_reasons) {
    task.degraded = reason;
    EXPECT_EQ(read(task), task) << to_string(reason);
  }
  for (const auto sends : all_sendings) {
    task.decided.sends = sends;
    EXPECT_EQ(read(task), task) << to_string(sends);
  }
}

TEST(experience_of_a_task, is_what_was_seen_decided_and_paid) {
  outcome cost;
  cost.task_id = 9;
  cost.decided = {{1e9, 2e9, 3e9}, 0.5, sending::input};
  cost.share = 0.25;
  cost.tti = 0.01;
  cost.degraded = degraded_reason::link_down;
  situation seen;
  seen.eta = 0.75;
  experience wanted{.task_id = 9,
                    .seen = seen,
                    .decided = cost.decided,
                    .tti_seconds = 0.01,
                    .share = 0.25,
                    .degraded = degraded_reason::link_down};
  EXPECT_EQ(experience_of(seen, cost), wanted) << "no sensor, no model: no energy";
  cost.eti_estimated_joules = 0.02;
  wanted.joules = 0.02;
  EXPECT_EQ(experience_of(seen, cost), wanted);
  cost.eti_measured_joules = 0.03;
  wanted.joules = 0.03;
  wanted.is_measured = true;
  EXPECT_EQ(experience_of(seen, cost), wanted) << "measured goes before estimated";
}

}  // namespace
}  // namespace dvfo::policy
