#include "launcher/child_process.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <system_error>

namespace dvfo::launcher {
namespace {

TEST(child_process, gives_output_errors_and_exit_code) {
  const auto result = run_program("/bin/sh", {"-c", "echo out; echo err >&2; exit 7"});
  EXPECT_EQ(result.output, "out\n");
  EXPECT_EQ(result.errors, "err\n");
  EXPECT_EQ(result.exit_code, 7);
}

TEST(child_process, reads_lines_while_the_child_runs) {
  child_process child("/bin/sh", {"-c", "echo one; echo two; exec sleep 1000"});
  EXPECT_EQ(child.read_line(), "one");
  EXPECT_EQ(child.read_line(), "two");
  child.signal(SIGKILL);
  EXPECT_EQ(child.read_line(), std::nullopt);
  EXPECT_EQ(child.wait(), 128 + SIGKILL);
  EXPECT_EQ(child.wait(), 128 + SIGKILL);
}

TEST(child_process, kills_a_child_that_is_still_there) {
  pid_t id = 0;
  {
    child_process child("/bin/sleep", {"1000"});
    id = child.id();
    child_process moved(std::move(child));
    EXPECT_EQ(kill(id, 0), 0);
  }
  EXPECT_EQ(kill(id, 0), -1);
}

// A user's DVFO_EDGE_SHARE reached the edge processes of `dvfo demo`, which then refused to start or showed other tasks
// than the demo had asked for.
TEST(child_process, gives_our_environment_but_for_what_is_hidden) {
  setenv("DVFO_HIDDEN_TEST", "secret", 1);
  setenv("DVFO_SHOWN_TEST", "open", 1);
  const std::vector<std::string> print{"-c", "echo \"$DVFO_HIDDEN_TEST,$DVFO_SHOWN_TEST\""};
  child_process all("/bin/sh", print);
  child_process some("/bin/sh", print,
                     {.error_file = {}, .hides = [](const std::string& name) { return name == "DVFO_HIDDEN_TEST"; }});
  EXPECT_EQ(all.read_line(), "secret,open");
  EXPECT_EQ(some.read_line(), ",open");
  unsetenv("DVFO_HIDDEN_TEST");
  unsetenv("DVFO_SHOWN_TEST");
}

TEST(child_process, knows_how_often_the_child_slept) {
  child_process child("/bin/sh", {"-c", "for i in 1 2 3 4 5; do /bin/true; done"});  // waits for each
  EXPECT_EQ(child.voluntary_switches(), 0U) << "not counted yet";
  child.wait();
  const auto switches = child.voluntary_switches();
  EXPECT_GE(switches, 1U);
  const child_process moved(std::move(child));
  EXPECT_EQ(moved.voluntary_switches(), switches);
}

TEST(child_process, names_a_program_that_cannot_start) {
  try {
    child_process child("/nowhere/program", {});
    FAIL() << "started";
  } catch (const std::system_error& problem) {
    EXPECT_NE(std::string(problem.what()).find("/nowhere/program"), std::string::npos);
  }
}

}  // namespace
}  // namespace dvfo::launcher
