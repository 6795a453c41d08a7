#include "cli/terminal/progress.hpp"

#include <gtest/gtest.h>

namespace dvfo::cli {
namespace {

TEST(progress_bar, is_clamped) {
  EXPECT_EQ(progress_bar(0.5), "[##########          ]  50 %");
  EXPECT_EQ(progress_bar(7.0), "[####################] 100 %");
  EXPECT_EQ(progress_bar(-1.0), "[                    ]   0 %");
}

TEST(clock_text, shows_hours_only_when_there_are_some) {
  EXPECT_EQ(clock_text(5.4), "0:05");
  EXPECT_EQ(clock_text(3723.0), "1:02:03");
}

}  // namespace
}  // namespace dvfo::cli
