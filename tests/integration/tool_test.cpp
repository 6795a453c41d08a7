#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <png.h>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include <sstream>
#include <string>

#include "inference/data/dataset.hpp"
#include "tests/integration/programs.hpp"
#include "tests/support/temporary_folder.hpp"

namespace dvfo::tests {
namespace {

using testing::HasSubstr;

// Writes test image `index` of the procedural set as a PNG, which loses nothing.
std::string write_png(const temporary_folder& folder, std::size_t index) {
  const auto set = inference::open_dataset("procedural", inference::subset::test);
  const auto sample = set->at(index);
  const auto file = (folder.path() / (std::to_string(index) + ".png")).string();
  png_image header{};
  header.version = PNG_IMAGE_VERSION;
  header.width = static_cast<png_uint_32>(sample.picture.width);
  header.height = static_cast<png_uint_32>(sample.picture.height);
  header.format = PNG_FORMAT_RGB;
  if (png_image_write_to_file(&header, file.c_str(), 0, sample.picture.pixels.data(), 0, nullptr) == 0) {
    throw std::runtime_error("cannot write " + file);
  }
  return file;
}

std::vector<task_report> reports_of(const std::string& output) {
  std::vector<task_report> reports;
  std::istringstream in(output);
  for (std::string line; std::getline(in, line);) reports.push_back(edge_node::read_report(line));
  return reports;
}

launcher::finished_program infer(const std::vector<std::string>& more) {
  std::vector<std::string> arguments{"infer", "--bundle",     procedural(), "--deadline-ms",
                                     "60000", "--connect-ms", "60000"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return launcher::run_program(program("dvfo"), arguments);
}

TEST(infer, answers_files_as_the_edge_node_answers_the_data_set) {
  const temporary_folder folder;
  const auto streamed = run_edge("inproc", {"--share", "0.5", "--tasks", "3"});
  const auto result = infer({"--json", write_png(folder, 0), write_png(folder, 1), write_png(folder, 2)});
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  const auto reports = reports_of(result.output);
  ASSERT_EQ(reports.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(class_of(reports[i]).predicted, class_of(streamed.at(i)).predicted);
    EXPECT_NEAR(class_of(reports[i]).probability, class_of(streamed.at(i)).probability, 1e-5);
  }
}

TEST(infer, reaches_a_cloud_of_its_own) {
  const temporary_folder folder;
  const auto remote = start_cloud();
  const auto result = infer({"--json", "--cloud", remote.address, "--share", "0.5", write_png(folder, 4)});
  ASSERT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_EQ(reports_of(result.output).at(0).outcome.where, policy::ran_on::both);
}

TEST(infer, prints_label_probability_stages_and_bytes) {
  const temporary_folder folder;
  const auto result = infer({write_png(folder, 7)});
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  for (const char* word :
       {"7.png: ", " %", "ran on both", "bytes sent", "extract ", "local ", "cloud compute ", "fuse "}) {
    EXPECT_THAT(result.output, HasSubstr(word));
  }
}

TEST(infer, gives_an_error_line_for_a_broken_image_and_answers_the_others) {
  const temporary_folder folder;
  const auto broken = folder.path() / "broken.jpg";
  write_file(broken, std::string("\xFF\xD8\xFF\xE0 no picture follows", 24));
  const auto noise = folder.path() / "noise.png";
  write_file(noise, "these are no pixels");
  const auto good = write_png(folder, 5);
  const auto result = infer({"--json", broken.string(), good, noise.string(), "/nowhere/none.png"});
  EXPECT_EQ(result.exit_code, 1);
  const auto reports = reports_of(result.output);
  ASSERT_EQ(reports.size(), 4U);
  for (const auto& report : reports) {
    EXPECT_EQ(report.ok(), report.input == good) << to_line(report);
    if (!report.ok()) {
      EXPECT_THAT(report.failure, HasSubstr(report.input));
    }
  }
}

TEST(infer, needs_an_image) { EXPECT_EQ(infer({}).exit_code, 2); }

TEST(edge_node, streams_a_folder_of_plain_images) {
  const temporary_folder folder;
  for (const std::size_t index : {0U, 1U, 2U}) write_png(folder, index);
  const auto result = launcher::run_program(
      program("dvfo-edge"),
      {"--bundle", procedural(), "--cloud", "none", "--share", "0", "--input", folder.path().string(), "--json", "-"});
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  const auto reports = reports_of(result.output);
  ASSERT_EQ(reports.size(), 3U);
  for (const auto& report : reports) EXPECT_FALSE(report.truth) << to_line(report);
}

// The shipped policy must know the boards and networks that it says it was trained for.
TEST(train_policy, goes_on_from_what_an_edge_node_recorded) {
  const temporary_folder folder;
  const auto record = (folder.path() / "tasks.record").string();
  run_edge("inproc", {"--scheme", "dvfo", "--board", "sim:jetson-tx2", "--tasks", "400", "--record", record});
  const auto output = folder.path() / "better";
  const auto result = launcher::run_program(program("dvfo"), {"train", "policy", "--from-record", record, "--output",
                                                              output.string(), "--record-steps", "20"});
  ASSERT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_THAT(result.output, HasSubstr("recorded tasks"));
  EXPECT_TRUE(std::filesystem::is_regular_file(output / "manifest.toml"));
  EXPECT_TRUE(std::filesystem::is_regular_file(output / "weights.bin"));
}

TEST(infer, terms_of_the_command_line_reach_the_task) {
  const temporary_folder folder;
  const auto result = infer({"--json", "--eta", "0.75", "--lambda", "0.25", "--cloud", "inproc", write_png(folder, 4)});
  ASSERT_EQ(result.exit_code, 0) << result.errors;
  const auto report = reports_of(result.output).at(0);
  EXPECT_EQ(report.eta, 0.75);
  EXPECT_EQ(report.lambda, 0.25);
  const auto refused = infer({"--eta", "1.5", write_png(folder, 4)});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.errors, HasSubstr("expected a number from 0 to 1"));
}

TEST(schemes, the_shipped_policy_decides_nearly_as_well_as_exhaustive_search) {
  const auto result = launcher::run_program(
      program("dvfo"), {"evaluate", "schemes", "--board", "jetson-tx2", "--network", "vit-b16", "--schemes",
                        "edge-only,dvfo,oracle", "--bandwidth", "5", "--tasks", "50", "--json", "-"});
  ASSERT_EQ(result.exit_code, 0) << result.errors;
  const auto rows = nlohmann::json::parse(result.output).at("rows");
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_GT(rows.at(0).at("regret"), 1.0) << "the edge alone is far from it";
  EXPECT_LT(rows.at(1).at("regret"), 0.1);
  EXPECT_EQ(rows.at(2).at("regret"), 0.0);
}

std::vector<std::string> short_demo(const std::vector<std::string>& more) {
  std::vector<std::string> words = {"demo", "--data", "procedural", "--tasks", "20", "--learn-tasks", "200"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

TEST(demo, compares_schemes_live_over_a_slow_link) {
  const auto result = launcher::run_program(program("dvfo"), short_demo({"--json"}));
  ASSERT_EQ(result.exit_code, 0) << result.errors;
  const auto figures = nlohmann::json::parse(result.output);
  EXPECT_EQ(figures.at("dataset"), "procedural");
  EXPECT_EQ(figures.at("board"), "sim:jetson-xavier-nx");
  EXPECT_EQ(figures.at("link").at("bits_per_second"), 5e6);
  std::set<std::string> shown;
  for (const auto& scheme : figures.at("schemes")) shown.insert(scheme.at("scheme").get<std::string>());
  for (const auto& scheme : figures.at("left_out")) {
    EXPECT_NE(scheme.at("reason"), "") << scheme;
    shown.insert(scheme.at("scheme").get<std::string>());
  }
  EXPECT_EQ(shown, (std::set<std::string>{"appealnet", "cloud-only", "drldo", "dvfo", "edge-only"}));
  for (const auto& scheme : figures.at("schemes")) {
    EXPECT_EQ(scheme.at("tasks"), 20);
    EXPECT_EQ(scheme.at("degraded"), 0) << scheme;
    EXPECT_EQ(scheme.at("wire_up_bytes_mean").get<double>() > 0.0, scheme.at("share_mean").get<double>() > 0.0)
        << scheme;
    EXPECT_GT(scheme.at("cost_joules_mean").get<double>(), 0.0) << scheme;
    if (scheme.at("scheme") != "cloud-only") continue;
    // The frame alone takes its bits at the link's rate, and the round trip comes on top.
    const double least = 8.0 * scheme.at("wire_up_bytes_mean").get<double>() / 5e6 + 0.004;
    EXPECT_GT(scheme.at("stages").at("transfer").at("p50_seconds").get<double>(), least);
    const auto& saved = scheme.at("reductions").at("edge-only");
    EXPECT_LT(saved.at("tti").get<double>(), 0.0) << "over such a link the cloud alone is slower than this edge";
  }
}

// The table ended in a row for each scheme, most of them about one that nobody had asked for, with cells such as
// "-2307.5, -1274.6, -2075.4".
TEST(demo, prints_a_table) {
  const auto result = launcher::run_program(program("dvfo"), short_demo({"--schemes", "edge-only,dvfo"}));
  ASSERT_EQ(result.exit_code, 0) << result.errors;
  for (const char* word : {"edge-only", "dvfo", "accuracy", "TTI", "ETI", "cost", "dvfo saves TTI / ETI / cost"}) {
    EXPECT_THAT(result.output, HasSubstr(word));
  }
}

TEST(demo, compares_a_scheme_that_is_shown) {
  const auto result = launcher::run_program(
      program("dvfo"), short_demo({"--schemes", "edge-only,drldo", "--reduction-of", "appealnet"}));
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.errors, HasSubstr("--reduction-of is 'appealnet'; expected one of --schemes edge-only,drldo"));
}

TEST(demo, says_what_is_wrong_when_no_cloud_can_start) {
  const temporary_folder folder;
  write_file(folder.path() / "manifest.toml", "format = 0\n");
  const auto result =
      launcher::run_program(program("dvfo"), {"demo", "--data", "procedural", "--bundle", folder.path().string()});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.errors, HasSubstr("dvfo-cloud ended with exit code 3"));
}

}  // namespace
}  // namespace dvfo::tests
