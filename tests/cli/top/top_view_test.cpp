#include "cli/top/top_view.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/terminal/text_lines.hpp"

namespace dvfo::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

top_statistics readings(std::initializer_list<double> values) {
  top_statistics result;
  for (const double value : values) result.add(value);
  return result;
}

top_view full_view() {
  top_view view;
  view.board = "NVIDIA Jetson TX2 (jetson-tx2, JetPack 4)";
  view.elapsed_seconds = 65.0;
  view.interval_seconds = 1.0;
  view.clocks = {{"cpu", 2.0e9, 0.5e9, 2.0e9}, {"gpu", 0.7e9, 0.1e9, 1.3e9}, {"memory", {}, 0.1e9, 1.8e9}};
  view.utilisation = {{"cpu", 0.25}, {"gpu", 0.95}};
  view.total = top_rail{"rail VDD_IN", true, 6.5, readings({4.0, 6.5})};
  view.rails = {{"VDD_IN", true, 6.5, readings({4.0, 6.5})}, {"VDD_GPU", false, {}, readings({1.0, 3.0})}};
  view.temperatures = {{"CPU", 41.0}, {"GPU", 40.5}};
  view.joules = 123.44;
  view.tasks = top_tasks{12.34, 520, 3, 0.0241, 0.0813};
  view.own_share = 0.0012;
  return view;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines) text += line + '\n';
  return text;
}

TEST(render, shows_everything) {
  EXPECT_EQ(joined(render(full_view(), 72, false)),
            "dvfo top  NVIDIA Jetson TX2 (jetson-tx2, JetPack 4)                 1:05\n"
            "clocks\n"
            "  cpu                2.00 GHz  [##################]  500 MHz – 2.00 GHz\n"
            "  gpu                 700 MHz  [#########         ]  100 MHz – 1.30 GHz\n"
            "  memory                    –                        100 MHz – 1.80 GHz\n"
            "utilisation\n"
            "  cpu                    25 %  [#####             ]\n"
            "  gpu                    95 %  [################# ]\n"
            "power                       now        min       mean        max\n"
            "* VDD_IN                 6.50 W     4.00 W     5.25 W     6.50 W\n"
            "  VDD_GPU                     –     1.00 W     2.00 W     3.00 W\n"
            "  * the whole board\n"
            "temperature\n"
            "  CPU 41.0 °C   GPU 40.5 °C\n"
            "energy              123.4 J so far\n"
            "tasks               12.3 /s, 520 answered, 3 failed, 24.1 ms, 81.3 mJ me\n"
            "every 1 s; this view takes 0.12 % of one core\n");
}

TEST(render, a_sum_has_a_row_of_its_own) {
  top_view view = full_view();
  view.total->name = "sum of 2 rails";
  view.rails[1].is_total = true;
  const auto text = joined(render(view, 80, false));
  EXPECT_THAT(text, HasSubstr("\n* sum of 2 rails         6.50 W"));
  EXPECT_THAT(text, HasSubstr("* in the whole board's power"));
}

TEST(render, leaves_out_what_is_absent) {
  top_view view;
  view.board = "PC";
  view.interval_seconds = 2.0;
  EXPECT_THAT(render(view, 30, false), ElementsAre("dvfo top  PC              0:00", "every 2 s"));
}

TEST(render, keeps_to_any_width) {
  top_view view = full_view();
  for (int i = 0; i < 12; ++i) view.temperatures.push_back({"zone with a long name " + std::to_string(i), 50.0});
  view.notes = {"the interval was raised from 0.1 s: the sensor has a new value every 0.43 s only"};
  for (const std::size_t width : {0U, 1U, 7U, 20U, 40U, 60U, 80U, 200U}) {
    for (const auto& line : render(view, width, false)) EXPECT_LE(columns(line), width == 0 ? 1U : width) << line;
  }
}

TEST(render, colour_changes_no_character) {
  auto plain = joined(render(full_view(), 80, false));
  auto coloured = joined(render(full_view(), 80, true));
  EXPECT_THAT(plain, Not(HasSubstr("\x1b")));
  EXPECT_THAT(coloured, HasSubstr("\x1b[31m"));
  for (auto at = coloured.find('\x1b'); at != std::string::npos; at = coloured.find('\x1b')) {
    coloured.erase(at, coloured.find('m', at) + 1 - at);
  }
  EXPECT_EQ(coloured, plain);
}

TEST(render, says_what_energy_does_not_cover) {
  top_view view = full_view();
  view.unmeasured_seconds = 2.5;
  EXPECT_THAT(joined(render(view, 80, false)), HasSubstr("without 2.5 s that were not measured"));
}

TEST(to_json, has_no_key_for_what_is_absent) {
  const auto full = to_json(full_view());
  EXPECT_EQ(full["clocks"][2], nlohmann::json::parse(R"({"name": "memory", "min_hz": 1e8, "max_hz": 1.8e9})"));
  EXPECT_EQ(full["rails"][1]["mean_watts"], 2.0);
  EXPECT_FALSE(full["rails"][1].contains("watts"));
  EXPECT_EQ(full["total"]["watts"], 6.5);
  EXPECT_EQ(full["utilisation"]["gpu"], 0.95);
  EXPECT_EQ(full["tasks"]["per_second"], 12.34);
  const auto empty = to_json(top_view{});
  for (const char* key : {"total", "joules", "tasks", "own_share_of_core", "notes"}) EXPECT_FALSE(empty.contains(key));
}

TEST(bar, is_clamped) {
  EXPECT_EQ(bar(0.5, 4), "[##  ]");
  EXPECT_EQ(bar(7.0, 4), "[####]");
  EXPECT_EQ(bar(-1.0, 4), "[    ]");
}

TEST(wrapped, breaks_at_spaces_and_in_words_that_are_too_long) {
  EXPECT_THAT(wrapped("one two three", 7), ElementsAre("one two", "three"));
  EXPECT_THAT(wrapped("a /very/long/path b", 6), ElementsAre("a", "/very/", "long/p", "ath b"));
  EXPECT_THAT(wrapped("°°°°", 2), ElementsAre("°°", "°°"));
  EXPECT_THAT(wrapped("", 5), ElementsAre(""));
}

TEST(clipped, counts_characters_not_bytes) {
  EXPECT_EQ(clipped("1 – 2", 3), "1 –");
  EXPECT_EQ(clipped("1 –", 9), "1 –");
  EXPECT_EQ(filled("–", 3), "–  ");
  EXPECT_EQ(filled("–", 3, true), "  –");
}

}  // namespace
}  // namespace dvfo::cli
