#include <gtest/gtest.h>

#include <csignal>

#include "tests/integration/programs.hpp"

namespace dvfo::tests {
namespace {

bool on_both(const task_report& report) { return report.outcome.where == policy::ran_on::both; }
bool degraded(const task_report& report) { return report.outcome.degraded != policy::degraded_reason::none; }

TEST(loss_of_the_cloud, leaves_every_task_answered_in_its_deadline) {
  auto remote = start_cloud();
  auto edge = start_edge(remote.address, {"--share", "0.5", "--tasks", "1000", "--in-flight", "8"});
  std::vector<task_report> reports;
  while (reports.size() < 100) {
    read_until(edge, reports, [](const task_report&) { return true; });
    ASSERT_FALSE(HasFailure());
  }
  remote.process.signal(SIGKILL);
  read_rest(edge, reports);
  EXPECT_EQ(edge.wait(), 0);
  EXPECT_EQ(reports.size(), 1000U);
  expect_complete_and_in_time(reports);
  EXPECT_TRUE(on_both(reports.front()));
  EXPECT_EQ(reports.back().outcome.where, policy::ran_on::edge);
  EXPECT_EQ(reports.back().outcome.degraded, policy::degraded_reason::link_down);
}

TEST(loss_of_the_cloud, at_cloud_only_is_answered_by_the_edge) {
  auto remote = start_cloud();
  auto edge = start_edge(remote.address, {"--share", "1", "--tasks", "200", "--in-flight", "4"});
  std::vector<task_report> reports;
  read_until(edge, reports, [](const task_report& report) { return report.outcome.where == policy::ran_on::cloud; });
  remote.process.signal(SIGKILL);
  read_rest(edge, reports);
  EXPECT_EQ(edge.wait(), 0);
  EXPECT_EQ(reports.size(), 200U);
  expect_complete_and_in_time(reports);
  EXPECT_EQ(reports.back().outcome.where, policy::ran_on::edge);
}

TEST(return_of_the_cloud, lets_collaboration_resume_by_itself) {
  auto remote = start_cloud();
  const auto address = remote.address;
  auto edge = start_edge(address, {"--share", "0.5", "--tasks", "1000000000"});
  std::vector<task_report> reports;
  read_until(edge, reports, on_both);
  for (int round = 0; round < 2; ++round) {
    remote.process.signal(SIGKILL);
    remote.process.wait();
    read_until(edge, reports, degraded);
    remote = start_cloud(address);
    read_until(edge, reports, on_both);
    ASSERT_FALSE(HasFailure());
  }
  edge.signal(SIGTERM);
  read_rest(edge, reports);
  EXPECT_EQ(edge.wait(), 0);
  expect_complete_and_in_time(reports);
}

TEST(arrival_of_the_cloud, is_noticed_by_an_edge_that_started_first) {
  // A port that was free a moment ago.
  auto first = start_cloud();
  const auto address = first.address;
  first.process.signal(SIGKILL);
  first.process.wait();
  auto edge = start_edge(address, {"--share", "0.5", "--tasks", "1000000000", "--connect-ms", "0"});
  std::vector<task_report> reports;
  read_until(edge, reports, degraded);
  const auto remote = start_cloud(address);
  read_until(edge, reports, on_both);
  edge.signal(SIGTERM);
  read_rest(edge, reports);
  EXPECT_EQ(edge.wait(), 0);
}

TEST(sigterm, lets_the_edge_finish_what_is_in_flight) {
  const auto remote = start_cloud();
  auto edge = start_edge(remote.address, {"--tasks", "1000000000", "--in-flight", "16"});
  std::vector<task_report> reports;
  read_until(edge, reports, on_both);
  edge.signal(SIGTERM);
  read_rest(edge, reports);
  EXPECT_EQ(edge.wait(), 0);
  expect_complete_and_in_time(reports);
}

TEST(sigterm, ends_a_cloud_under_load_cleanly) {
  auto remote = start_cloud();
  auto edge = start_edge(remote.address, {"--share", "0.5", "--tasks", "1000000000", "--in-flight", "16"});
  std::vector<task_report> reports;
  read_until(edge, reports, on_both);
  remote.process.signal(SIGTERM);
  EXPECT_EQ(remote.process.wait(), 0);
  read_until(edge, reports, degraded);
  edge.signal(SIGTERM);
  read_rest(edge, reports);
  EXPECT_EQ(edge.wait(), 0);
  expect_complete_and_in_time(reports);
}

TEST(sigterm, ends_idle_daemons) {
  auto remote = start_cloud();
  launcher::child_process edge(program("dvfo-edge"),
                               {"--bundle", procedural(), "--cloud", remote.address, "--log-level", "error"});
  EXPECT_EQ(edge.read_line(), "ready");
  edge.signal(SIGTERM);
  EXPECT_EQ(edge.wait(), 0);
  remote.process.signal(SIGINT);
  EXPECT_EQ(remote.process.wait(), 0);
}

}  // namespace
}  // namespace dvfo::tests
