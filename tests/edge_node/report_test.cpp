#include "edge_node/report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace dvfo::edge_node {
namespace {

using testing::HasSubstr;

const std::vector<std::string> labels{"circle", "square"};

task_record answered_task() {
  task_record record;
  record.index = 3;
  record.name = "procedural/3";
  record.label = 1;
  record.result.probabilities = {0.25F, 0.75F};
  record.result.predicted = 1;
  auto& cost = record.result.outcome;
  cost.task_id = 9;
  cost.decided.share = 0.5;
  cost.share = 0.5;
  cost.where = policy::ran_on::both;
  cost.stages.extract = 0.001;
  cost.stages.local = 0.002;
  cost.tti = 0.004;
  cost.wire_up_bytes = 600;
  cost.wire_down_bytes = 120;
  return record;
}

task_record failed_task() {
  task_record record;
  record.name = "broken.jpg";
  record.result.failure = "broken.jpg: no image";
  return record;
}

TEST(to_json, tells_everything_of_an_answered_task) {
  const auto json = to_json(answered_task(), labels, 1.0);
  EXPECT_EQ(json.at("index"), 3);
  EXPECT_EQ(json.at("input"), "procedural/3");
  EXPECT_EQ(json.at("predicted_name"), "square");
  EXPECT_EQ(json.at("probability"), 0.75);
  EXPECT_EQ(json.at("correct"), true);
  EXPECT_EQ(json.at("ran_on"), "both");
  EXPECT_EQ(json.at("degraded"), nullptr);
  EXPECT_EQ(json.at("in_deadline"), true);
  EXPECT_EQ(json.at("stages_seconds").at("local"), 0.002);
  EXPECT_EQ(json.at("wire_up_bytes"), 600);
}

TEST(to_json, marks_degraded_and_late_tasks) {
  auto record = answered_task();
  record.result.outcome.degraded = policy::degraded_reason::cloud_late;
  const auto json = to_json(record, labels, 0.003);
  EXPECT_EQ(json.at("degraded"), "cloud_late");
  EXPECT_EQ(json.at("in_deadline"), false);
}

TEST(to_json, leaves_out_what_is_not_known) {
  auto record = answered_task();
  record.label.reset();
  const auto json = to_json(record, labels, 1.0);
  EXPECT_FALSE(json.contains("label"));
  EXPECT_FALSE(json.contains("correct"));
}

TEST(to_json, gives_the_failure_and_nothing_else) {
  const auto json = to_json(failed_task(), labels, 1.0);
  EXPECT_EQ(json.at("error"), "broken.jpg: no image");
  EXPECT_FALSE(json.contains("predicted"));
}

TEST(to_line, survives_names_that_are_not_utf8) {
  auto record = answered_task();
  record.name = "\xFF\xFE.png";
  const auto line = to_line(to_json(record, labels, 1.0));
  EXPECT_EQ(line.find('\n'), std::string::npos);
  EXPECT_THAT(line, HasSubstr(".png"));
}

TEST(to_text, names_class_place_and_stages) {
  const auto text = to_text(answered_task(), labels);
  for (const char* part :
       {"square (75.0 %)", "ran on both at share 0.50", "600 bytes sent", "extract 1.00", "local 2.00"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
}

TEST(summary, counts_what_was_added) {
  summary totals;
  totals.add(answered_task(), 1.0);
  auto wrong = answered_task();
  wrong.label = 0;
  wrong.result.outcome.degraded = policy::degraded_reason::link_down;
  totals.add(wrong, 0.001);
  totals.add(failed_task(), 1.0);
  EXPECT_EQ(totals.tasks, 3U);
  EXPECT_EQ(totals.answered, 2U);
  EXPECT_EQ(totals.failed, 1U);
  EXPECT_EQ(totals.degraded, 1U);
  EXPECT_EQ(totals.in_deadline, 1U);
  EXPECT_EQ(totals.labelled, 2U);
  EXPECT_EQ(totals.correct, 1U);
  EXPECT_EQ(totals.wire_up_bytes, 1200U);
  EXPECT_THAT(to_text(totals),
              HasSubstr("3 tasks: 2 answered (1 in time, 1 degraded), 1 failed; 50.00 % of 2 correct"));
}

TEST(to_json, leaves_out_what_is_absent_and_marks_an_estimate) {
  auto record = answered_task();
  auto json = to_json(record, labels, 1.0);
  EXPECT_TRUE(json.at("energy").empty()) << "no sensor, no model: no key, and never 0";
  EXPECT_TRUE(json.at("clocks_hz").empty());
  EXPECT_FALSE(json.contains("bandwidth_bps"));
  EXPECT_FALSE(json.contains("host_overrun_seconds"));
  auto& cost = record.result.outcome;
  cost.eti_measured_joules = 0.02;
  cost.clocks.gpu_hz = 900e6;
  json = to_json(record, labels, 1.0);
  EXPECT_EQ(json.at("energy"), nlohmann::json({{"measured_joules", 0.02}}));
  EXPECT_EQ(json.at("clocks_hz"), nlohmann::json({{"gpu", 900e6}}));
  cost.eti_estimated_joules = 0.03;
  cost.bandwidth_bps = 5e6;
  json = to_json(record, labels, 1.0);
  EXPECT_EQ(json.at("energy").at("measured_joules"), 0.02) << "both are kept";
  EXPECT_EQ(json.at("energy").at("estimated_joules"), 0.03);
  EXPECT_EQ(json.at("energy").at("estimate"), "derived");
  EXPECT_EQ(json.at("bandwidth_bps"), 5e6);
}

}  // namespace
}  // namespace dvfo::edge_node
