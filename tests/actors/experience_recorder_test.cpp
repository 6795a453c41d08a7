#include "actors/experience_recorder.hpp"

#include <fstream>
#include <iterator>

#include "tests/actors/actor_test.hpp"
#include "tests/support/temporary_folder.hpp"

namespace dvfo::actors {
namespace {

using ::testing::HasSubstr;

constexpr std::uint64_t limit = 4096;

std::string content(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::uint64_t> tasks_in(const std::filesystem::path& file) {
  const auto bytes = content(file);
  messages::experience_reader reader(bytes);
  EXPECT_EQ(reader.header().board, "jetson-tx2");
  std::vector<std::uint64_t> out;
  while (const auto task = reader.next()) out.push_back(task->task_id);
  return out;
}

messages::experience_header some_header() {
  return {.board = "jetson-tx2", .network = "fake", .scheme = "dvfo", .max_power_watts = 15.0};
}

class task_recorder_test : public actor_test {
 protected:
  task_memory memory_of(std::uint64_t id) {
    task_memory memory;
    memory.seen.eta = 0.25;
    memory.seen.bandwidth_bps = 5e6;
    memory.outcome.task_id = id;
    memory.outcome.decided.share = 0.5;
    memory.outcome.tti = 0.01;
    memory.outcome.eti_estimated_joules = 0.02;
    return memory;
  }

  tests::temporary_folder folder_;
  std::filesystem::path file_ = folder_.path() / "tasks.record";
  std::filesystem::path old_ = folder_.path() / "tasks.record.1";
};

TEST_F(task_recorder_test, keeps_what_was_seen_decided_and_paid) {
  const auto record = to_record(memory_of(7));
  EXPECT_EQ(record.task_id, 7U);
  EXPECT_EQ(record.eta, 0.25);
  EXPECT_EQ(record.bandwidth_bps, 5e6);
  EXPECT_EQ(record.share, 0.5);
  EXPECT_EQ(record.tti_seconds, 0.01);
  EXPECT_EQ(record.joules, 0.02);
  EXPECT_FALSE(record.is_measured);
}

TEST_F(task_recorder_test, every_task_is_in_the_file_at_once) {
  auto recorder = owned(system_.spawn(task_recorder, std::make_shared<record_file>(file_, some_header(), limit),
                                      [](const std::string&) {}));
  tell(recorder, memory_of(1));
  EXPECT_EQ(tasks_in(file_), std::vector<std::uint64_t>{1});
  tell(recorder, memory_of(2));
  EXPECT_EQ(tasks_in(file_), (std::vector<std::uint64_t>{1, 2}));
}

TEST_F(task_recorder_test, a_full_file_makes_room_and_the_newest_are_kept) {
  record_file file(file_, some_header(), limit);
  for (std::uint64_t id = 1; id <= 1000; ++id) file.add(to_record(memory_of(id)));
  EXPECT_LE(std::filesystem::file_size(file_), limit);
  EXPECT_LE(std::filesystem::file_size(old_), limit);
  auto kept = tasks_in(old_);
  const auto newest = tasks_in(file_);
  kept.insert(kept.end(), newest.begin(), newest.end());
  ASSERT_GT(kept.size(), 50U);
  for (std::size_t i = 0; i < kept.size(); ++i) EXPECT_EQ(kept[i], 1000 - kept.size() + 1 + i);
}

TEST_F(task_recorder_test, the_file_of_the_run_before_is_kept) {
  { record_file(file_, some_header(), limit).add(to_record(memory_of(1))); }
  const record_file file(file_, some_header(), limit);
  EXPECT_EQ(tasks_in(old_), std::vector<std::uint64_t>{1});
  EXPECT_TRUE(tasks_in(file_).empty());
}

TEST_F(task_recorder_test, a_file_that_cannot_be_written_is_named) {
  EXPECT_THROW(record_file(folder_.path() / "missing" / "file", some_header(), limit), std::runtime_error);
  EXPECT_THROW(record_file(file_, some_header(), 10), std::invalid_argument);
}

// A disk that goes away must not cost a task: the complaint comes once, and the actor lives on.
TEST_F(task_recorder_test, complains_once_when_the_file_cannot_be_written_any_more) {
  std::vector<std::string> complaints;
  const auto place = folder_.path() / "mounted";
  std::filesystem::create_directory(place);
  auto file = std::make_shared<record_file>(place / "tasks.record", some_header(), limit);
  auto recorder =
      owned(system_.spawn(task_recorder, file, [&](const std::string& what) { complaints.push_back(what); }));
  std::filesystem::remove_all(place);  // found out when the next file is to begin
  for (std::uint64_t id = 1; id <= 200; ++id) tell(recorder, memory_of(id));
  ASSERT_EQ(complaints.size(), 1U);
  EXPECT_THAT(complaints[0], HasSubstr("tasks.record"));
}

}  // namespace
}  // namespace dvfo::actors
