#include "actors/experience_recorder.hpp"

#include "tests/actors/actor_test.hpp"
#include "tests/support/temporary_folder.hpp"

namespace dvfo::actors {
namespace {

using ::testing::HasSubstr;

constexpr std::uint64_t limit = 4096;

messages::experience_header some_header() {
  return {.board = "jetson-tx2", .network = "fake", .scheme = "dvfo", .max_power_watts = 15.0};
}

class experience_recorder_test : public actor_test {
 protected:
  static policy::experience task(std::uint64_t id) {
    policy::experience out;
    out.task_id = id;
    out.tti_seconds = 0.01;
    return out;
  }

  tests::temporary_folder folder_;
};

TEST_F(experience_recorder_test, every_task_is_in_the_file_at_once) {
  const auto file = folder_.path() / "tasks.record";
  auto recorder =
      owned(system_.spawn(experience_recorder, std::make_shared<policy::experience_file>(file, some_header(), limit),
                          [](const std::string&) {}));
  const auto stored = [&] { return policy::read_experience(file, [](const std::string&) {}).tasks; };
  tell(recorder, task(1));
  EXPECT_EQ(stored(), std::vector{task(1)});
  tell(recorder, task(2));
  EXPECT_EQ(stored(), (std::vector{task(1), task(2)}));
}

// A disk that goes away must not cost a task: the complaint comes once, and the actor lives on.
TEST_F(experience_recorder_test, complains_once_when_the_file_cannot_be_written_any_more) {
  std::vector<std::string> complaints;
  const auto place = folder_.path() / "mounted";
  std::filesystem::create_directory(place);
  auto file = std::make_shared<policy::experience_file>(place / "tasks.record", some_header(), limit);
  auto recorder =
      owned(system_.spawn(experience_recorder, file, [&](const std::string& what) { complaints.push_back(what); }));
  std::filesystem::remove_all(place);  // found out when the next file is to begin
  for (std::uint64_t id = 1; id <= 200; ++id) tell(recorder, task(id));
  ASSERT_EQ(complaints.size(), 1U);
  EXPECT_THAT(complaints[0], HasSubstr("tasks.record"));
}

}  // namespace
}  // namespace dvfo::actors
