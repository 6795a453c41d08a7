#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "inference/data/dataset.hpp"
#include "inference/image_coding.hpp"
#include "tests/integration/programs.hpp"
#include "tests/support/temporary_folder.hpp"

// What the programs do with places that users name, tried as users try it.
namespace dvfo::tests {
namespace {

using std::filesystem::create_directory;
using std::filesystem::create_symlink;
using std::filesystem::exists;
using std::filesystem::is_symlink;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr int failure = 1;
constexpr int usage = 2;
constexpr int data = 3;
constexpr int ended_by_sigpipe = 128 + 13;

launcher::finished_program run(const std::string& name, const std::vector<std::string>& arguments) {
  return launcher::run_program(program(name), arguments);
}

/// Through a shell; $0 is the program.
launcher::finished_program run_in_shell(const std::string& script, const std::string& name) {
  return launcher::run_program("/bin/bash", {"-c", script, program(name).string()});
}

/// An edge node alone on the procedural set.
std::vector<std::string> edge_with(const std::vector<std::string>& more) {
  std::vector<std::string> arguments{"--bundle", procedural(), "--cloud", "none", "--log-level", "warning"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

class users_files : public testing::Test {
 protected:
  [[nodiscard]] std::string at(const std::string& name) const { return (folder_.path() / name).string(); }
  void put(const std::string& name, std::string_view text) const { write_file(at(name), text); }
  [[nodiscard]] std::string text(const std::string& name) const { return read_file(at(name)); }

  /// A picture that every decoder takes.
  void put_picture(const std::string& name) const {
    const auto set = inference::open_dataset("procedural", inference::subset::test);
    write_file(at(name), inference::encode_jpeg(set->at(0).picture, 90));
  }

 private:
  temporary_folder folder_;
};

// `dvfo infer --json x.jpg > /dev/full` ended with 0 and without a word; so did all the others.
TEST_F(users_files, a_full_disk_on_standard_output_is_a_failure_of_every_command) {
  put_picture("x.jpg");
  const std::string picture = at("x.jpg");
  const std::string on_bundle = " --bundle " + procedural();
  const std::string schemes = " --network resnet18 --schemes edge-only --seed 1";
  const std::vector<std::pair<const char*, std::string>> commands{
      {"dvfo", "--help"},
      {"dvfo", "--version"},
      {"dvfo", "infer --help"},
      {"dvfo", "infer " + picture + on_bundle},
      {"dvfo", "infer --json " + picture + on_bundle},
      {"dvfo", "describe --arch resnet18"},
      {"dvfo", "describe --arch resnet18 --json -"},
      {"dvfo", "doctor" + on_bundle},
      {"dvfo", "doctor --json" + on_bundle},
      {"dvfo", "top --count 1 --interval 0.02"},
      {"dvfo", "top --json --count 1 --interval 0.02"},
      {"dvfo", "explain" + schemes},
      {"dvfo", "evaluate schemes --tasks 10 --warm-up 0" + schemes},
      {"dvfo", "evaluate schemes --json - --tasks 10 --warm-up 0" + schemes},
      {"dvfo", "evaluate skew --images 4" + on_bundle},
      {"dvfo", "calibrate --board jetson-nano"},
      {"dvfo-edge", "--help"},
      {"dvfo-edge", "--cloud none --input procedural --tasks 2 --json - --log-level error" + on_bundle},
      {"dvfo-edge", "--cloud none --log-level error" + on_bundle},
      {"dvfo-cloud", "--version"},
      {"dvfo-cloud", "--listen 127.0.0.1:0 --log-level error" + on_bundle},
  };
  for (const auto& [name, arguments] : commands) {
    const auto result = run_in_shell("\"$0\" " + arguments + " > /dev/full", name);
    EXPECT_EQ(result.exit_code, failure) << name << ' ' << arguments << '\n' << result.errors;
    EXPECT_THAT(result.errors, AllOf(HasSubstr("standard output"), HasSubstr("no space"))) << name << ' ' << arguments;
  }
}

TEST_F(users_files, a_standard_output_that_is_closed_is_a_failure) {
  const auto result = run_in_shell("\"$0\" describe --arch resnet18 --json \"" + at("out.json") + "\" >&-", "dvfo");
  EXPECT_EQ(result.exit_code, failure);
  EXPECT_THAT(result.errors, HasSubstr("standard output: is closed"));
  EXPECT_TRUE(nlohmann::json::accept(text("out.json"))) << "the text went into a file that got its number";
}

TEST_F(users_files, a_full_disk_for_standard_error_costs_no_answer) {
  const auto result = run_in_shell(
      "\"$0\" --cloud none --input procedural --tasks 2 --json - --bundle " + procedural() + " 2> /dev/full",
      "dvfo-edge");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(std::count(result.output.begin(), result.output.end(), '\n'), 2);
}

// As every program that knows nothing of pipes; but a node puts its clocks back first.
TEST_F(users_files, a_reader_that_goes_ends_a_program_quietly) {
  const std::string board = " --board sim:jetson-tx2 --clocks lowest --board-dir " + at("board");
  const auto edge =
      run_in_shell("set -o pipefail; \"$0\" --cloud none --input procedural --tasks 1000000 --json - --bundle " +
                       procedural() + " --log-level error" + board + " | head -1",
                   "dvfo-edge");
  EXPECT_EQ(edge.exit_code, ended_by_sigpipe);
  EXPECT_THAT(edge.errors, IsEmpty());
  EXPECT_TRUE(nlohmann::json::accept(edge.output));
  EXPECT_FALSE(exists(at("board/var/lib/dvfo/clocks.state"))) << "its clocks were left pinned";
  const auto tool = run_in_shell("set -o pipefail; \"$0\" top --json --interval 0.02 | head -1", "dvfo");
  EXPECT_EQ(tool.exit_code, ended_by_sigpipe);
  EXPECT_THAT(tool.errors, IsEmpty());
  // Whoever starts a program with the signal ignored is told in words.
  const auto told = run_in_shell("set -o pipefail; trap '' PIPE; \"$0\" top --json --interval 0.02 | head -1", "dvfo");
  EXPECT_EQ(told.exit_code, failure);
  EXPECT_THAT(told.errors, HasSubstr("its reader has gone"));
}

// A folder as --config ran with defaults and ended with 0.
TEST_F(users_files, a_configuration_that_cannot_be_read_is_a_mistake_of_usage) {
  create_directory(at("folder"));
  create_symlink("loop", at("loop"));
  for (const auto& [name, more] : std::vector<std::pair<const char*, std::vector<std::string>>>{
           {"dvfo", {"describe"}}, {"dvfo-edge", {"--cloud", "none"}}, {"dvfo-cloud", {}}}) {
    for (const char* place : {"folder", "loop", "none"}) {
      auto arguments = more;
      arguments.insert(arguments.end(), {"--config", at(place)});
      const auto result = run(name, arguments);
      EXPECT_EQ(result.exit_code, usage) << name;
      EXPECT_THAT(result.errors, HasSubstr("configuration file " + at(place) + ":")) << name;
    }
  }
}

TEST_F(users_files, a_configuration_may_begin_with_a_byte_order_mark) {
  put("edge.toml", "\xEF\xBB\xBF# by Notepad\r\nshare = 0\r\ntasks = 1\r\n");
  const auto result =
      run("dvfo-edge", edge_with({"--config", at("edge.toml"), "--input", "procedural", "--json", "-"}));
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_EQ(nlohmann::json::parse(result.output).at("share_decided"), 0.0);
}

// Any folder or file that --clock-state named was renamed to NAME.damaged.
TEST_F(users_files, a_clock_state_that_is_something_else_is_refused_and_stays) {
  create_directory(at("folder"));
  put("letter", "Dear");
  for (const char* place : {"folder", "letter"}) {
    const auto result = run("dvfo-edge", edge_with({"--board", "sim:jetson-tx2", "--clocks", "lowest", "--clock-state",
                                                    at(place), "--input", "procedural", "--tasks", "1"}));
    EXPECT_EQ(result.exit_code, usage) << place;
    EXPECT_THAT(result.errors, AllOf(HasSubstr("--clock-state"), HasSubstr(at(place))));
    EXPECT_FALSE(exists(at(std::string(place) + ".damaged")));
  }
  EXPECT_EQ(text("letter"), "Dear");
  EXPECT_TRUE(std::filesystem::is_directory(at("folder")));
}

// --record /dev/null renamed the device to null.1.
TEST_F(users_files, a_record_may_be_a_device_and_never_takes_the_place_of_something_else) {
  struct stat before {};
  ASSERT_EQ(stat("/dev/null", &before), 0);
  const auto recorded = [&](const std::string& place) {
    return run("dvfo-edge",
               edge_with({"--board", "sim:jetson-tx2", "--input", "procedural", "--tasks", "3", "--record", place}));
  };
  EXPECT_EQ(recorded("/dev/null").exit_code, 0);
  struct stat after {};
  ASSERT_EQ(stat("/dev/null", &after), 0);
  EXPECT_TRUE(S_ISCHR(after.st_mode));
  EXPECT_EQ(after.st_ino, before.st_ino);
  put("letter", "Dear");
  const auto refused = recorded(at("letter"));
  EXPECT_EQ(refused.exit_code, usage);
  EXPECT_THAT(refused.errors, AllOf(HasSubstr("--record"), HasSubstr(at("letter"))));
  EXPECT_EQ(text("letter"), "Dear");
  create_symlink("tasks.record", at("link"));
  EXPECT_EQ(recorded(at("link")).exit_code, 0);
  EXPECT_EQ(recorded(at("link")).exit_code, 0);
  EXPECT_TRUE(is_symlink(at("link")));
  EXPECT_TRUE(exists(at("tasks.record.1"))) << "the record of the first run";
}

// A missing or full folder of --metrics ended a running node, and a link there was replaced.
TEST_F(users_files, metrics_are_refused_at_the_start_and_told_of_later) {
  for (const std::string& place : {at("none/dvfo.prom"), std::string("/dev/full")}) {
    const auto refused = run("dvfo-edge", edge_with({"--input", "procedural", "--tasks", "1", "--metrics", place}));
    EXPECT_EQ(refused.exit_code, usage) << place;
    EXPECT_THAT(refused.errors, HasSubstr("--metrics " + place));
  }
  create_directory(at("collector"));
  create_symlink("collector/real.prom", at("dvfo.prom"));
  launcher::child_process edge(
      program("dvfo-edge"),
      edge_with({"--input", "procedural", "--tasks", "400", "--json", "-", "--metrics", at("dvfo.prom")}),
      {at("errors"), {}});
  std::vector<task_report> records;
  read_until(edge, records, [](const task_report&) { return true; });
  EXPECT_THAT(text("collector/real.prom"), HasSubstr("dvfo_tasks_total"));
  std::filesystem::rename(at("collector"), at("gone"));
  read_rest(edge, records);
  EXPECT_EQ(edge.wait(), 0);
  EXPECT_EQ(records.size(), 400U);
  EXPECT_TRUE(is_symlink(at("dvfo.prom")));
  const auto errors = text("errors");
  const auto first = errors.find("--metrics");
  ASSERT_NE(first, std::string::npos) << errors;
  EXPECT_EQ(errors.find("--metrics", first + 1), std::string::npos) << errors;
}

TEST_F(users_files, lines_of_tasks_replace_their_own_kind_alone) {
  const auto streamed = [&](const std::string& place) {
    return run("dvfo-edge", edge_with({"--input", "procedural", "--tasks", "2", "--json", place}));
  };
  EXPECT_EQ(streamed(at("lines")).exit_code, 0);
  const auto first = text("lines");
  EXPECT_EQ(std::count(first.begin(), first.end(), '\n'), 2);
  EXPECT_EQ(streamed(at("lines")).exit_code, 0);
  put("letter", "Dear");
  EXPECT_EQ(streamed(at("letter")).exit_code, usage);
  EXPECT_EQ(text("letter"), "Dear");
  const auto refused = run("dvfo", {"describe", "--arch", "resnet18", "--json", at("letter")});
  EXPECT_EQ(refused.exit_code, usage);
  EXPECT_THAT(refused.errors, HasSubstr("--json " + at("letter")));
  EXPECT_EQ(text("letter"), "Dear");
  const auto full = streamed("/dev/full");
  EXPECT_EQ(full.exit_code, failure);
  EXPECT_THAT(full.errors, HasSubstr("/dev/full: no space"));
}

// Hidden files failed as tasks, a looping link ended the run, and a folder "is a directory".
TEST_F(users_files, pictures_of_a_folder_are_those_that_count) {
  for (const char* name : {"photos/b.jpg", "photos/a.JPG", "photos/deeper/c.jpg"}) put_picture(name);
  put("photos/._a.JPG", "resource fork");
  put("photos/.hidden.jpg", "x");
  create_symlink("loop.jpg", at("photos/loop.jpg"));
  create_symlink("nowhere.jpg", at("photos/lost.jpg"));
  const auto check = [&](const launcher::finished_program& result) {
    EXPECT_EQ(result.exit_code, 0) << result.errors;
    std::vector<std::string> inputs;
    std::istringstream lines(result.output);
    for (std::string line; std::getline(lines, line);) inputs.push_back(nlohmann::json::parse(line).at("input"));
    EXPECT_THAT(inputs, testing::ElementsAre(at("photos/a.JPG"), at("photos/b.jpg")));
    for (const char* name : {"loop.jpg", "lost.jpg"}) {
      const auto told = result.errors.find(at(std::string("photos/") + name));
      ASSERT_NE(told, std::string::npos) << result.errors;
      EXPECT_EQ(result.errors.find(at(std::string("photos/") + name), told + 1), std::string::npos) << "told twice";
    }
  };
  check(run("dvfo-edge", edge_with({"--input", at("photos"), "--json", "-"})));
  check(run("dvfo", {"infer", "--bundle", procedural(), "--json", at("photos")}));
}

TEST_F(users_files, a_folder_without_pictures_fails_alone) {
  put_picture("good.jpg");
  put("phone/1.heic", "x");
  const auto result = run("dvfo", {"infer", "--bundle", procedural(), "--json", at("phone"), at("good.jpg")});
  EXPECT_EQ(result.exit_code, failure);
  EXPECT_THAT(result.output, AllOf(HasSubstr("holds 1 file (1 .heic)"), HasSubstr("JPEG"), HasSubstr("predicted")));
}

// Whatever was wrong with --input: "looked for train.bin".
TEST_F(users_files, an_input_that_gives_nothing_says_what_is_there) {
  create_directory(at("empty"));
  put("phone/1.heic", "x");
  put("phone/2.HEIC", "x");
  put("phone/clip.mov", "x");
  create_symlink("loop", at("loop"));
  const std::vector<std::pair<std::string, std::string>> cases{
      {at("empty"), "is empty"},      {at("phone"), "holds 3 files (2 .heic, 1 .mov)"},
      {at("none"), "does not exist"}, {at("loop"), "in a circle"},
      {"/dev/null", "is a device"},
  };
  for (const auto& [place, found] : cases) {
    const auto result = run("dvfo-edge", edge_with({"--input", place}));
    EXPECT_EQ(result.exit_code, data) << place;
    EXPECT_THAT(result.errors, AllOf(HasSubstr(place + ": "), HasSubstr(found), HasSubstr(".jpg"))) << place;
  }
}

// Hidden files were read as traces, and one looping link ended the comparison.
TEST_F(users_files, traces_of_a_folder_are_those_that_count) {
  put("traces/commute", "# by hand\r\n0\t5\r\n10\t7\r\n\r\n");
  put("traces/._commute", "resource fork");
  create_symlink("loop", at("traces/loop"));
  const auto compared = [&](const std::string& folder) {
    return run("dvfo", {"evaluate", "schemes", "--network", "resnet18", "--schemes", "edge-only", "--tasks", "10",
                        "--warm-up", "0", "--traces", folder});
  };
  const auto result = compared(at("traces"));
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_THAT(result.output, HasSubstr("commute"));
  EXPECT_THAT(result.errors, HasSubstr(at("traces/loop")));
  put("traces/backwards", "0 5\n2 5\n1 5\n");
  EXPECT_THAT(compared(at("traces")).errors, HasSubstr(at("traces/backwards") + ":3"));
  EXPECT_EQ(compared(at("none")).exit_code, usage);
  EXPECT_THAT(compared(at("traces/commute")).errors, HasSubstr("is a file; a folder is expected"));
}

// Found out after hours of training, or never.
TEST_F(users_files, training_looks_at_its_places_first) {
  put("letter", "Dear");
  put("mine/weights.bin", "weights of somebody's detector");
  for (const auto& what : {std::vector<std::string>{"train", "model", "--data", "procedural"},
                           std::vector<std::string>{"train", "policy"}}) {
    for (const char* place : {"letter", "mine"}) {
      auto arguments = what;
      arguments.insert(arguments.end(), {"--output", at(place)});
      const auto result = run("dvfo", arguments);
      EXPECT_NE(result.exit_code, 0);
      EXPECT_THAT(result.errors, HasSubstr(at(place)));
    }
  }
  EXPECT_EQ(text("letter"), "Dear");
  EXPECT_EQ(text("mine/weights.bin"), "weights of somebody's detector");
}

}  // namespace
}  // namespace dvfo::tests
