#include "messages/experience.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <stdexcept>

namespace dvfo::messages {
namespace {

using ::testing::HasSubstr;

experience_header some_header() {
  return {.board = "jetson-tx2", .network = "cifar100", .scheme = "dvfo", .max_power_watts = 15.0};
}

experience full_task() {
  experience task;
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

std::string hex(const std::string& bytes) {
  std::string out;
  for (const char byte : bytes) out += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return out;
}

// Files of earlier versions must be read, and theirs must read ours: names may change, bytes may not. These were
// written when the messages were called RecordHeader and TaskRecord.
TEST(experience_messages, bytes_on_disk_never_change) {
  EXPECT_EQ(hex(encode_delimited(some_header())),
            "270801120a6a6574736f6e2d7478321a08636966617231303022046476666f290000000000002e40");
  EXPECT_EQ(hex(encode_delimited(full_task())),
            "be01080711000000000000d03f19000000000000e83f220c0000003f0000803e0000803e2900000000d012534131fca9f1d24d"
            "62703f38014212090000000065cdcd41190000000065cddd4149000000000000e03f521b090000000065cdcd41110000000065"
            "cddd4119000000c00b5ae64159000000000040484061000000000000004069000000000000c03fa2010911000000c00b5ad641"
            "a901000000000000e83fb00102f101fa7e6abc7493883ff901b81e85eb51b89e3f80020190021e");
  EXPECT_EQ(hex(encode_delimited(experience{})), "1011000000000000e03f42005200a20100");
}

TEST(experience_messages, header_and_tasks_survive_the_way) {
  const auto bytes = encode_delimited(some_header()) + encode_delimited(full_task()) + encode_delimited(experience{});
  experience_reader reader(bytes);
  EXPECT_EQ(reader.header(), some_header());
  EXPECT_EQ(reader.next(), full_task());
  EXPECT_EQ(reader.next(), experience{});
  EXPECT_EQ(reader.next(), std::nullopt);
  EXPECT_FALSE(reader.is_cut_off());
}

// A node that was killed leaves a message that is cut off: wherever that is, what stands before it is kept.
TEST(experience_messages, a_file_cut_off_anywhere_keeps_what_is_whole) {
  const auto header = encode_delimited(some_header());
  const auto task = encode_delimited(full_task());
  const auto bytes = header + task + task;
  for (std::size_t size = header.size(); size <= bytes.size(); ++size) {
    experience_reader reader(std::string_view(bytes).substr(0, size));
    reader.header();
    std::size_t whole = 0;
    while (reader.next()) ++whole;
    EXPECT_EQ(whole, (size - header.size()) / task.size());
    EXPECT_EQ(reader.is_cut_off(), (size - header.size()) % task.size() != 0) << size;
  }
}

TEST(experience_messages, other_files_are_refused) {
  EXPECT_THROW(experience_reader("").header(), std::runtime_error);
  EXPECT_THROW(experience_reader("GIF89a, say").header(), std::runtime_error);
  const auto bytes = encode_delimited(some_header()) + "\xff\xff\xff\x7f";
  experience_reader huge(bytes);
  huge.header();
  EXPECT_THROW(huge.next(), std::runtime_error);
}

TEST(experience_messages, what_cannot_be_is_named) {
  const auto fault = [](const experience& task) -> std::string {
    const auto bytes = encode_delimited(task);
    try {
      experience_reader(bytes).next();
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
  task.degraded = 71;
  EXPECT_THAT(fault(task), HasSubstr("degraded is 71, expected 0 to 70"));
}

}  // namespace
}  // namespace dvfo::messages
