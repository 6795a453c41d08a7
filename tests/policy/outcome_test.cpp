#include "policy/outcome.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

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
  for (const auto reason :
       {degraded_reason::none, degraded_reason::link_down, degraded_reason::window_full, degraded_reason::cloud_late,
        degraded_reason::cloud_refused, degraded_reason::cloud_failed, degraded_reason::offload_failed}) {
    names.insert(to_string(reason));
  }
  EXPECT_EQ(names.size(), 7U);
  names.clear();
  for (const auto place : {ran_on::edge, ran_on::cloud, ran_on::both}) names.insert(to_string(place));
  EXPECT_EQ(names.size(), 3U);
}

}  // namespace
}  // namespace dvfo::policy
