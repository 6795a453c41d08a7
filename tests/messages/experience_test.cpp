#include "messages/experience.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <stdexcept>

namespace dvfo::messages {
namespace {

using ::testing::HasSubstr;

record_header some_header() {
  return {.board = "jetson-tx2", .network = "cifar100", .scheme = "dvfo", .max_power_watts = 15.0};
}

recorded_task full_task() {
  recorded_task task;
  task.task_id = 7;
  task.eta = 0.25;
  task.lambda = 0.75;
  task.importance = {0.5F, 0.25F, 0.25F};
  task.bandwidth_bps = 5e6;
  task.rtt_seconds = 0.004;
  task.link_up = true;
  task.previous_clocks = {1e9, std::nullopt, 2e9};
  task.previous_share = 0.5;
  task.in_force = {1e9, 2e9, 3e9};
  task.celsius = 48.5;
  task.waiting_tasks = 2.0;
  task.thinking_share = 0.125;
  task.clocks = {std::nullopt, 1.5e9, std::nullopt};
  task.share = 0.75;
  task.sends = 2;
  task.tti_seconds = 0.012;
  task.joules = 0.03;
  task.is_measured = true;
  task.share_as_run = 0.0;
  task.degraded = 30;
  return task;
}

TEST(task_record_file, header_and_tasks_survive_the_way) {
  const auto bytes =
      encode_delimited(some_header()) + encode_delimited(full_task()) + encode_delimited(recorded_task{});
  record_reader reader(bytes);
  EXPECT_EQ(reader.header(), some_header());
  EXPECT_EQ(reader.next(), full_task());
  EXPECT_EQ(reader.next(), recorded_task{});
  EXPECT_EQ(reader.next(), std::nullopt);
  EXPECT_FALSE(reader.is_cut_off());
}

// A node that was killed leaves a message that is cut off: wherever that is, what stands before it is kept.
TEST(task_record_file, a_file_cut_off_anywhere_keeps_what_is_whole) {
  const auto header = encode_delimited(some_header());
  const auto task = encode_delimited(full_task());
  const auto bytes = header + task + task;
  for (std::size_t size = header.size(); size <= bytes.size(); ++size) {
    record_reader reader(std::string_view(bytes).substr(0, size));
    reader.header();
    std::size_t whole = 0;
    while (reader.next()) ++whole;
    EXPECT_EQ(whole, (size - header.size()) / task.size());
    EXPECT_EQ(reader.is_cut_off(), (size - header.size()) % task.size() != 0) << size;
  }
}

TEST(task_record_file, other_files_are_refused) {
  EXPECT_THROW(record_reader("").header(), std::runtime_error);
  EXPECT_THROW(record_reader("GIF89a, say").header(), std::runtime_error);
  const auto bytes = encode_delimited(some_header()) + "\xff\xff\xff\x7f";
  record_reader huge(bytes);
  huge.header();
  EXPECT_THROW(huge.next(), std::runtime_error);
}

TEST(task_record_file, what_cannot_be_is_named) {
  const auto fault = [](const recorded_task& task) -> std::string {
    const auto bytes = encode_delimited(task);
    try {
      record_reader(bytes).next();
    } catch (const std::runtime_error& problem) {
      return problem.what();
    }
    return {};
  };
  auto task = full_task();
  task.eta = 1.5;
  EXPECT_THAT(fault(task), HasSubstr("eta is 1.5, expected 0 to 1"));
  task = full_task();
  task.bandwidth_bps = -1.0;
  EXPECT_THAT(fault(task), HasSubstr("bandwidth_bps is -1"));
  task = full_task();
  task.celsius = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT(fault(task), HasSubstr("celsius is nan"));
  task = full_task();
  task.in_force[1] = std::numeric_limits<double>::infinity();
  EXPECT_THAT(fault(task), HasSubstr("a clock is inf"));
  task = full_task();
  task.sends = 200;
  EXPECT_THAT(fault(task), HasSubstr("sends is 200, expected 0 to 3"));
  task = full_task();
  task.degraded = 61;
  EXPECT_THAT(fault(task), HasSubstr("degraded is 61, expected 0 to 60"));
}

}  // namespace
}  // namespace dvfo::messages
