#include "policy/outcome.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace dvfo::policy {
namespace {

stage_seconds stages() {
  return {.extract = 1,
          .local = 8,
          .encode = 2,
          .transfer = 32,
          .remote_queue = 64,
          .remote_decode = 3,
          .remote_compute = 4,
          .fuse = 0.5};
}

TEST(outcome, serial_seconds_adds_every_stage) { EXPECT_DOUBLE_EQ(serial_seconds(stages()), 114.5); }

TEST(outcome, overhead_takes_off_the_longer_half) {
  outcome result;
  result.tti = 20.0;
  result.stages = stages();
  EXPECT_DOUBLE_EQ(overhead_seconds(result), 20.0 - (1 + 9 + 0.5));  // encode + decode + compute = 9 > local = 8
  result.stages.local = 10;
  EXPECT_DOUBLE_EQ(overhead_seconds(result), 20.0 - (1 + 10 + 0.5));
}

TEST(outcome, every_reason_and_place_has_its_own_name) {
  std::set<std::string> names;
  for (const auto reason : all_degraded_reasons) names.insert(to_string(reason));
  EXPECT_EQ(names.size(), 8U);
  names.clear();
  for (const auto place : all_places) names.insert(to_string(place));
  EXPECT_EQ(names.size(), 3U);
  names.clear();
  for (const auto sends : all_sendings) names.insert(to_string(sends));
  EXPECT_EQ(names.size(), 4U);
}

/// Values of an enumeration that has bytes for numbers that have a name.
template <class Word>
std::vector<Word> named() {
  std::vector<Word> out;
  for (int number = 0; number <= 0xFF; ++number) {
    const auto value = static_cast<Word>(number);
    if (std::string(to_string(value)) != "unknown") out.push_back(value);
  }
  return out;
}

// Readers of reports look a word up in these lists: a value that is missing there could be written and not be read.
TEST(outcome, lists_of_words_are_complete) {
  EXPECT_THAT(all_degraded_reasons, testing::ElementsAreArray(named<degraded_reason>()));
  EXPECT_THAT(all_places, testing::ElementsAreArray(named<ran_on>()));
  std::vector<sending> known;
  for (const auto when : {moment::at_once, moment::on_appeal}) {
    for (const auto what : {payload::features, payload::input, payload::compressed}) {
      const sending each{what, when};
      if (std::string(to_string(each)) != "unknown") known.push_back(each);
    }
  }
  EXPECT_THAT(all_sendings, testing::ElementsAreArray(known));
}

TEST(outcome, a_sending_has_its_number_for_ever) {
  EXPECT_EQ(number_of(sending::features), 0);
  EXPECT_EQ(number_of(sending::input), 1);
  EXPECT_EQ(number_of(sending::compressed), 2);
  EXPECT_EQ(number_of(sending::appeal), 3);
  EXPECT_THROW(number_of({payload::features, moment::on_appeal}), std::invalid_argument);
}

}  // namespace
}  // namespace dvfo::policy
