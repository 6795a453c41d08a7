#include "edge_node/report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace dvfo::edge_node {
namespace {

using testing::HasSubstr;
using testing::Not;

const inference::class_truth circle{.label = 0, .name = "circle"};

/// Every key is in its line, and every number is another one.
task_report full_report() {
  task_report report;
  report.index = 3;
  report.input = "procedural/3";
  report.truth = inference::class_truth{.label = 1, .name = "square"};
  report.prediction = inference::class_prediction{.predicted = 1, .name = "square", .probability = 0.699999988079071};
  report.eta = 0.25;
  report.lambda = 0.75;
  report.deadline_seconds = 1.0;
  auto& cost = report.outcome;
  cost.task_id = 9;
  cost.decided.share = 0.5;
  cost.decided.sends = policy::sending::compressed;
  cost.share = 0.25;
  cost.where = policy::ran_on::both;
  cost.degraded = policy::degraded_reason::cloud_late;
  cost.stages = {0.001, 0.002, 0.003, 0.004, 0.005, 0.006, 0.007, 0.008};
  cost.tti = 0.04;
  cost.tti_serial = 0.036;
  cost.eti_measured_joules = 0.02;
  cost.eti_estimated_joules = 0.03;
  cost.bandwidth_bps = 5e6;
  cost.clocks = {1e9, 9e8, 1.6e9};
  cost.overrun_seconds = 0.001;
  cost.wire_up_bytes = 600;
  cost.wire_down_bytes = 120;
  cost.remote_batch_size = 4;
  return report;
}

/// Nothing that may be absent is there.
task_report plain_report() {
  task_report report;
  report.input = "a.jpg";
  report.prediction = inference::class_prediction{.predicted = 0, .name = "circle", .probability = 1.0};
  report.deadline_seconds = 1.0;
  report.outcome.tti = 2.0;
  return report;
}

task_report failed_report() {
  task_report report;
  report.input = "broken.jpg";
  report.truth = circle;
  report.failure = "broken.jpg: no image";
  return report;
}

nlohmann::json json_of(const task_report& report) { return nlohmann::json::parse(to_line(report)); }

std::string refusal_of(const nlohmann::json& json) {
  try {
    read_report(json.dump());
  } catch (const std::runtime_error& problem) {
    return problem.what();
  }
  return "none";
}

// Users' scripts read these lines: a key, its type or its form never changes unseen.
TEST(to_line, has_these_very_bytes) {
  EXPECT_EQ(
      to_line(full_report()),
      R"({"bandwidth_bps":5000000.0,"clocks_hz":{"cpu":1000000000.0,"gpu":900000000.0,"memory":1600000000.0},)"
      R"("correct":true,"deadline_seconds":1.0,"degraded":"cloud_late",)"
      R"("energy":{"estimate":"derived","estimated_joules":0.03,"measured_joules":0.02},"eta":0.25,)"
      R"("host_overrun_seconds":0.001,"in_deadline":true,"index":3,"input":"procedural/3","label":1,)"
      R"("label_name":"square","lambda":0.75,"overhead_seconds":0.015,"predicted":1,"predicted_name":"square",)"
      R"("probability":0.699999988079071,"ran_on":"both","remote_batch_size":4,"sends_decided":"compressed",)"
      R"("share":0.25,"share_decided":0.5,"stages_seconds":{"encode":0.003,"extract":0.001,"fuse":0.008,)"
      R"("local":0.002,"remote_compute":0.007,"remote_decode":0.006,"remote_queue":0.005,"transfer":0.004},"task":9,)"
      R"("tti_seconds":0.04,"tti_serial_seconds":0.036,"wire_down_bytes":120,"wire_up_bytes":600})");
  EXPECT_EQ(to_line(plain_report()),
            R"({"clocks_hz":{},"deadline_seconds":1.0,"degraded":null,"energy":{},"eta":0.5,"in_deadline":false,)"
            R"("index":0,"input":"a.jpg","overhead_seconds":2.0,"predicted":0,"predicted_name":"circle",)"
            R"("probability":1.0,"ran_on":"edge","remote_batch_size":0,"sends_decided":"features","share":0.0,)"
            R"("share_decided":0.0,"stages_seconds":{"encode":0.0,"extract":0.0,"fuse":0.0,"local":0.0,)"
            R"("remote_compute":0.0,"remote_decode":0.0,"remote_queue":0.0,"transfer":0.0},"task":0,"tti_seconds":2.0,)"
            R"("tti_serial_seconds":0.0,"wire_down_bytes":0,"wire_up_bytes":0})");
  EXPECT_EQ(to_line(failed_report()),
            R"({"error":"broken.jpg: no image","index":0,"input":"broken.jpg","label":0,"label_name":"circle"})");
}

TEST(to_line, leaves_out_what_is_not_known) {
  auto report = plain_report();
  report.outcome.eti_measured_joules = 0.02;
  report.outcome.clocks.gpu_hz = 900e6;
  const auto json = json_of(report);
  EXPECT_EQ(json.at("energy"), nlohmann::json({{"measured_joules", 0.02}})) << "no model, no estimate";
  EXPECT_EQ(json.at("clocks_hz"), nlohmann::json({{"gpu", 900e6}}));
}

TEST(to_line, says_whether_the_answer_is_right) {
  auto report = full_report();
  report.truth = circle;
  EXPECT_EQ(json_of(report).at("correct"), false);
}

TEST(to_line, survives_names_that_are_not_utf8) {
  auto report = plain_report();
  report.input = "\xFF\xFE.png";
  const auto line = to_line(report);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  EXPECT_THAT(line, HasSubstr(".png"));
  EXPECT_THAT(read_report(line).input, HasSubstr(".png"));
}

TEST(read_report, gives_what_was_written) {
  for (const auto& report : {full_report(), plain_report(), failed_report()}) {
    EXPECT_EQ(read_report(to_line(report)), report) << to_line(report);
  }
}

TEST(read_report, knows_every_word) {
  auto report = plain_report();
  for (const auto sends : policy::all_sendings) {
    report.outcome.decided.sends = sends;
    EXPECT_EQ(read_report(to_line(report)), report) << to_string(sends);
  }
  for (const auto place : policy::all_places) {
    report.outcome.where = place;
    EXPECT_EQ(read_report(to_line(report)), report) << to_string(place);
  }
  for (const auto reason : policy::all_degraded_reasons) {
    report.outcome.degraded = reason;
    EXPECT_EQ(read_report(to_line(report)), report) << to_string(reason);
  }
}

// A node of a later version may tell more.
TEST(read_report, passes_over_keys_that_it_does_not_know) {
  auto json = json_of(full_report());
  json["season"] = "spring";
  json["energy"]["moon_joules"] = 1.0;
  EXPECT_EQ(read_report(json.dump()), full_report());
}

TEST(read_report, names_the_key_that_is_missing_or_wrong) {
  const auto all = json_of(full_report());
  for (const char* key :
       {"index", "input", "label_name", "task", "predicted", "eta", "share", "ran_on", "degraded", "tti_seconds",
        "deadline_seconds", "stages_seconds", "wire_up_bytes", "energy", "clocks_hz"}) {
    auto json = all;
    json.erase(key);
    EXPECT_THAT(refusal_of(json), HasSubstr(std::string("it has no \"") + key + "\""));
    json[key] = nlohmann::json::array({1, 2});
    EXPECT_THAT(refusal_of(json), HasSubstr(std::string(key) + " is [1,2]"));
  }
  auto json = all;
  json["stages_seconds"].erase("fuse");
  EXPECT_THAT(refusal_of(json), HasSubstr("fuse"));
}

// Conversions of the JSON library are silent: −1 became 18446744073709551615 tasks, and 5000000000 a label.
TEST(read_report, takes_no_number_for_another) {
  const auto refusal = [](const char* key, const nlohmann::json& value) {
    auto json = json_of(full_report());
    json[key] = value;
    return refusal_of(json);
  };
  EXPECT_THAT(refusal("index", -1), HasSubstr("index is -1"));
  EXPECT_THAT(refusal("index", 1.5), HasSubstr("index is 1.5"));
  EXPECT_THAT(refusal("label", 5'000'000'000), HasSubstr("label is 5000000000"));
  EXPECT_THAT(refusal("remote_batch_size", 5'000'000'000), HasSubstr("remote_batch_size"));
  EXPECT_THAT(refusal("tti_seconds", nullptr), HasSubstr("tti_seconds is null"));
  EXPECT_THAT(refusal("ran_on", "moon"), HasSubstr("ran_on is \"moon\""));
  EXPECT_EQ(refusal("tti_seconds", 2), "none") << "a whole number of seconds";
}

TEST(read_report, refuses_what_is_no_object) {
  for (const char* line : {"", "junk", "[1, 2]", "3", "{\"index\": 1", "\xFF\xFE"}) {
    EXPECT_THROW(read_report(line), std::runtime_error) << line;
  }
}

TEST(task_report, every_key_and_word_is_in_its_page) {
  std::ifstream in(DVFO_TASK_REPORT_PAGE);
  const std::string page{std::istreambuf_iterator<char>(in), {}};
  const auto is_told = [&](const std::string& key) { EXPECT_THAT(page, HasSubstr("`" + key + "`")); };
  for (const auto reason : policy::all_degraded_reasons) {
    if (reason != policy::degraded_reason::none) is_told(to_string(reason));
  }
  for (const auto sends : policy::all_sendings) is_told(to_string(sends));
  for (const auto place : policy::all_places) is_told(to_string(place));
  for (const auto& report : {full_report(), failed_report()}) {
    const auto json = json_of(report);
    for (const auto& [key, value] : json.items()) {
      is_told(key);
      if (!value.is_object()) continue;
      for (const auto& [inner, ignored] : value.items()) is_told(inner);
    }
  }
}

TEST(task_report, is_in_time_until_its_deadline) {
  auto report = plain_report();
  report.outcome.tti = report.deadline_seconds;
  EXPECT_TRUE(report.is_in_time());
  report.outcome.tti = 1.001;
  EXPECT_FALSE(report.is_in_time());
  report.outcome.tti = 0.0;
  report.failure = "no answer";
  EXPECT_FALSE(report.is_in_time());
}

TEST(to_text, names_class_place_and_stages) {
  const auto text = to_text(full_report());
  for (const char* part : {"procedural/3: square (70.0 %)", "ran on both at share 0.25, degraded: cloud_late",
                           "600 bytes sent", "40.00 ms", "extract 1.00", "local 2.00", "20.00 mJ, measured"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
  EXPECT_THAT(to_text(plain_report()), Not(HasSubstr("mJ"))) << "what is absent is not told as 0";
  EXPECT_EQ(to_text(failed_report()), "broken.jpg: no image\n") << "the file is named once";
}

TEST(summary, counts_what_was_added) {
  summary totals;
  auto good = full_report();
  good.outcome.degraded = policy::degraded_reason::none;
  totals.add(good);
  auto wrong = full_report();
  wrong.truth = circle;
  wrong.deadline_seconds = 0.001;
  totals.add(wrong);
  totals.add(failed_report());
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

// `dvfo infer` said "cat.jpg: cat.jpg: the file cannot be opened".
TEST(failure_text, names_the_input_once) {
  task_report report;
  report.input = "./photos/cat.jpg";
  report.failure = "./photos/cat.jpg: the file cannot be opened";
  EXPECT_EQ(failure_text(report), "./photos/cat.jpg: the file cannot be opened");
  EXPECT_EQ(to_text(report), "./photos/cat.jpg: the file cannot be opened\n");
  report.failure = "no answer within the task's 1 s";
  EXPECT_EQ(failure_text(report), "./photos/cat.jpg: no answer within the task's 1 s");
}

}  // namespace
}  // namespace dvfo::edge_node
