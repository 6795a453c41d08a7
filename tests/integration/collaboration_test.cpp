#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/integration/programs.hpp"
#include "tests/support/temporary_folder.hpp"

namespace dvfo::tests {
namespace {

using testing::HasSubstr;

class shares : public testing::TestWithParam<const char*> {};

TEST_P(shares, give_the_same_predictions_in_two_processes_as_in_one) {
  const std::vector<std::string> what{"--share", GetParam(), "--tasks", "64"};
  const auto remote = start_cloud();
  const auto apart = run_edge(remote.address, what);
  const auto together = run_edge("inproc", what);
  ASSERT_EQ(apart.size(), 64U);
  ASSERT_EQ(together.size(), 64U);
  for (const auto& [index, report] : together) {
    const auto& other = apart.at(index);
    EXPECT_EQ(report.input, other.input);
    const auto& here = class_of(report);
    const auto& there = class_of(other);
    EXPECT_EQ(here.predicted, there.predicted) << to_line(report) << '\n' << to_line(other);
    EXPECT_NEAR(here.probability, there.probability, 1e-5);
    EXPECT_EQ(report.outcome.where, other.outcome.where);
    EXPECT_EQ(report.outcome.degraded, policy::degraded_reason::none);
    EXPECT_EQ(other.outcome.degraded, policy::degraded_reason::none);
  }
}

INSTANTIATE_TEST_SUITE_P(collaboration, shares, testing::Values("0", "0.25", "0.5", "0.75", "1"));

TEST(collaboration, runs_where_the_share_says) {
  const auto remote = start_cloud();
  const std::vector<std::pair<const char*, policy::ran_on>> expected{
      {"0", policy::ran_on::edge}, {"0.5", policy::ran_on::both}, {"1", policy::ran_on::cloud}};
  for (const auto& [share, place] : expected) {
    for (const auto& [index, report] : run_edge(remote.address, {"--share", share, "--tasks", "5"})) {
      EXPECT_EQ(report.outcome.where, place) << to_line(report);
      EXPECT_EQ(report.outcome.wire_up_bytes > 0, std::string(share) != "0") << to_line(report);
      EXPECT_GT(report.outcome.stages.extract, 0.0);
    }
  }
}

TEST(collaboration, answers_many_tasks_at_once) {
  const auto remote = start_cloud();
  auto edge = start_edge(remote.address, {"--tasks", "500", "--in-flight", "32"});
  std::vector<task_report> reports;
  read_rest(edge, reports);
  EXPECT_EQ(edge.wait(), 0);
  EXPECT_EQ(reports.size(), 500U);
  expect_complete_and_in_time(reports);
}

TEST(collaboration, is_not_needed_for_an_answer) {
  for (const auto& [index, report] : run_edge("none", {"--share", "0.5", "--tasks", "5"})) {
    EXPECT_EQ(report.outcome.where, policy::ran_on::edge);
    EXPECT_EQ(report.outcome.degraded, policy::degraded_reason::link_down);
  }
}

TEST(collaboration, is_refused_by_a_cloud_with_another_bundle) {
  const auto other = bundle("cifar100");
  if (!std::filesystem::exists(other / "manifest.toml")) GTEST_SKIP() << "no second bundle in " << other;
  const auto remote = start_cloud("127.0.0.1:0", other.string());
  const auto result =
      launcher::run_program(program("dvfo-edge"), {"--bundle", procedural(), "--cloud", remote.address, "--input",
                                                   "procedural", "--tasks", "1", "--connect-ms", "60000"});
  EXPECT_EQ(result.exit_code, 4);
  EXPECT_NE(result.errors.find("bundle"), std::string::npos) << result.errors;
}

TEST(collaboration, outlives_strangers_at_the_port) {
  const auto remote = start_cloud();
  const auto port = remote.address.substr(remote.address.rfind(':') + 1);
  // Random bytes, then nothing at all, as a port scanner does.
  launcher::run_program("/bin/bash", {"-c", "head -c 4096 /dev/urandom > /dev/tcp/127.0.0.1/" + port});
  launcher::run_program("/bin/bash", {"-c", ": > /dev/tcp/127.0.0.1/" + port});
  for (const auto& [index, report] : run_edge(remote.address, {"--share", "0.5", "--tasks", "5"})) {
    EXPECT_EQ(report.outcome.where, policy::ran_on::both);
  }
}

/// An idle edge node whose log is read along with its output.
launcher::child_process start_idle_edge(const std::string& cloud_address, const std::vector<std::string>& more) {
  std::vector<std::string> arguments{"-c",
                                     "exec \"$0\" \"$@\" 2>&1",
                                     program("dvfo-edge").string(),
                                     "--bundle",
                                     procedural(),
                                     "--cloud",
                                     cloud_address,
                                     "--connect-ms",
                                     "60000"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return launcher::child_process("/bin/sh", arguments);
}

/// Reads lines until one holds `text`; gives how many held `noted` until then. Fails where the output ends first.
int read_until(launcher::child_process& node, const std::string& text, const std::string& noted = "\n") {
  int count = 0;
  while (const auto line = node.read_line()) {
    if (line->find(noted) != std::string::npos) ++count;
    if (line->find(text) != std::string::npos) return count;
  }
  ADD_FAILURE() << "no line with '" << text << "'";
  return count;
}

std::string content_of(const std::filesystem::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Waits until `file` is written with `text` in it; its folder tells of each change.
void wait_for(const std::filesystem::path& file, const std::string& text) {
  const int changes = inotify_init1(IN_CLOEXEC);
  ASSERT_GE(inotify_add_watch(changes, file.parent_path().c_str(), IN_MOVED_TO | IN_CLOSE_WRITE), 0);
  while (content_of(file).find(text) == std::string::npos) {
    std::array<char, 4096> events;
    ASSERT_GT(read(changes, events.data(), events.size()), 0);
  }
  close(changes);
}

// The link went and came without a word in the log, and an edge node that had no input wrote no metrics.
TEST(collaboration, is_logged_and_counted_when_it_ends_and_when_it_comes_back) {
  const temporary_folder folder;
  const auto metrics = folder.path() / "dvfo.prom";
  auto first = start_cloud();
  const auto address = first.address;
  auto edge = start_idle_edge(address, {"--metrics", metrics.string()});
  read_until(edge, "the link to " + address + " is up");
  read_until(edge, "ready");
  wait_for(metrics, "dvfo_link_up 1\n");
  EXPECT_THAT(content_of(metrics), HasSubstr("dvfo_tasks_total{end=\"answered\"} 0\n"));
  first.process.signal(SIGKILL);
  first.process.wait();
  read_until(edge, "the link to " + address + " is down: ");
  wait_for(metrics, "dvfo_link_up 0\n");
  const auto second = start_cloud(address);
  EXPECT_EQ(read_until(edge, "the link to " + address + " is up", "is down"), 0) << "staying down is no news";
  wait_for(metrics, "dvfo_link_up 1\n");
  edge.signal(SIGTERM);
  edge.read_all();
  EXPECT_EQ(edge.wait(), 0);
}

TEST(collaboration, is_counted_as_absent_where_the_cloud_is) {
  const temporary_folder folder;
  const auto metrics = folder.path() / "dvfo.prom";
  auto edge = start_idle_edge("127.0.0.1:1", {"--metrics", metrics.string(), "--connect-ms", "0"});
  read_until(edge, "ready");
  wait_for(metrics, "dvfo_link_up 0\n");
  edge.signal(SIGTERM);
  edge.read_all();
  EXPECT_EQ(edge.wait(), 0);
}

}  // namespace
}  // namespace dvfo::tests
