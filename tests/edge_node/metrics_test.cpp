#include "edge_node/metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/temporary_folder.hpp"

namespace dvfo::edge_node {
namespace {

using testing::HasSubstr;

constexpr decision_counts counts{.ready = 998, .late = 1, .stale = 1};

TEST(metrics, decisions_are_told_in_words) {
  EXPECT_EQ(to_text(counts), "decisions: 998 ready (99.80 %), 1 late, 1 stale");
  EXPECT_EQ(to_text(decision_counts{}), "decisions: none");
  EXPECT_THAT(to_text(std::nullopt), HasSubstr("not known"));
}

TEST(metrics, every_family_has_its_help_and_type_before_its_values) {
  summary totals;
  totals.answered = 990;
  totals.failed = 10;
  totals.degraded = 3;
  const auto text = to_prometheus(counts, totals, true);
  for (const char* line :
       {"dvfo_decisions_total{when=\"ready\"} 998\n", "dvfo_decisions_total{when=\"late\"} 1\n",
        "dvfo_tasks_total{end=\"answered\"} 990\n", "dvfo_degraded_tasks_total 3\n", "dvfo_link_up 1\n"}) {
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
  write_prometheus(file, "one\n");
  write_prometheus(file, "two\n");
  std::ifstream in(file);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), "two\n");
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "dvfo.prom.new"));
  EXPECT_THROW(write_prometheus(folder.path() / "missing" / "file", ""), std::runtime_error);
}

}  // namespace
}  // namespace dvfo::edge_node
