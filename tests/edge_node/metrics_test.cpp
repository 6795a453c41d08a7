#include "edge_node/metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "configuration/settings.hpp"
#include "tests/support/temporary_folder.hpp"

namespace dvfo::edge_node {
namespace {

using testing::HasSubstr;

constexpr decision_counts counts{.ready = 998, .late = 1, .stale = 1};

TEST(metrics, decisions_are_told_in_words) {
  EXPECT_EQ(to_text(counts), "decisions: 998 ready (99.80 %), 1 late, 1 stale");
  EXPECT_EQ(to_text(decision_counts{}), "decisions: none");
  EXPECT_THAT(to_text(decision_counts{.ready = 1, .defaulted = 3}), HasSubstr("1 ready (25.00 %)"));
  EXPECT_THAT(to_text(decision_counts{.ready = 1, .defaulted = 3}), HasSubstr("3 by default"));
  EXPECT_THAT(to_text(std::nullopt), HasSubstr("not known"));
}

TEST(metrics, every_family_has_its_help_and_type_before_its_values) {
  summary totals;
  totals.answered = 990;
  totals.failed = 10;
  totals.degraded = 3;
  const auto text = to_prometheus(counts, totals, true);
  for (const char* line : {"dvfo_decisions_total{when=\"ready\"} 998\n", "dvfo_decisions_total{when=\"late\"} 1\n",
                           "dvfo_decisions_total{when=\"defaulted\"} 0\n", "dvfo_tasks_total{end=\"answered\"} 990\n",
                           "dvfo_degraded_tasks_total 3\n", "dvfo_link_up 1\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
  for (const char* family : {"dvfo_decisions_total", "dvfo_tasks_total", "dvfo_degraded_tasks_total"}) {
    EXPECT_LT(text.find(std::string("# TYPE ") + family + " counter"), text.find(std::string("\n") + family));
  }
}

TEST(metrics, counts_that_are_not_known_are_left_out_and_never_0) {
  const auto text = to_prometheus(std::nullopt, task_counts{}, std::nullopt);
  EXPECT_EQ(text.find("dvfo_decisions_total"), std::string::npos);
  EXPECT_EQ(text.find("dvfo_link_up"), std::string::npos) << "no cloud is wanted";
  EXPECT_THAT(to_prometheus(std::nullopt, task_counts{}, false),
              HasSubstr("# TYPE dvfo_link_up gauge\ndvfo_link_up 0\n"));
  EXPECT_THAT(text, HasSubstr("dvfo_degraded_tasks_total 0\n"));
}

TEST(metrics, the_file_is_replaced_whole) {
  const tests::temporary_folder folder;
  const auto file = folder.path() / "dvfo.prom";
  write_prometheus(file, to_prometheus(counts, summary{}, std::nullopt));
  const auto second = to_prometheus(std::nullopt, summary{}, std::nullopt);
  write_prometheus(file, second);
  EXPECT_EQ(tests::read_file(file), second);
  tests::write_file(folder.path() / "letter", "Dear");
  EXPECT_THROW(write_prometheus(folder.path() / "letter", second), std::runtime_error);
  EXPECT_EQ(tests::read_file(folder.path() / "letter"), "Dear");
  EXPECT_THROW(write_prometheus(folder.path() / "missing" / "file", ""), std::runtime_error);
}

// A folder that was unmounted ended the node in the middle of its tasks.
TEST(metrics_file, a_failure_is_told_once_and_so_is_its_end) {
  const tests::temporary_folder folder;
  const auto place = folder.path() / "collector";
  std::filesystem::create_directory(place);
  std::vector<std::string> told;
  metrics_file file(place / "dvfo.prom", [&](const std::string& what) { told.push_back(what); });
  EXPECT_THAT(tests::read_file(place / "dvfo.prom"), HasSubstr("dvfo_tasks_total"));
  const auto text = to_prometheus(counts, summary{}, std::nullopt);
  std::filesystem::rename(place, folder.path() / "gone");
  for (int i = 0; i < 3; ++i) file.write(text);
  EXPECT_THAT(told, testing::ElementsAre(HasSubstr((place / "dvfo.prom").string())));
  std::filesystem::rename(folder.path() / "gone", place);
  for (int i = 0; i < 3; ++i) file.write(text);
  EXPECT_THAT(told, testing::ElementsAre(testing::_, HasSubstr("written again")));
  EXPECT_EQ(tests::read_file(place / "dvfo.prom"), text);
}

TEST(metrics_file, what_cannot_be_written_is_refused_at_once) {
  const tests::temporary_folder folder;
  for (const auto& place : {folder.path() / "none" / "dvfo.prom", folder.path(), std::filesystem::path("/dev/full")}) {
    EXPECT_THROW(metrics_file(place, {}), configuration::usage_error) << place;
  }
}

}  // namespace
}  // namespace dvfo::edge_node
