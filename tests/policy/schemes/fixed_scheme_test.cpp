#include <gtest/gtest.h>

#include <limits>
#include <stdexcept>

#include "policy/schemes/fixed_scheme.hpp"

namespace dvfo::policy {
namespace {

TEST(fixed_scheme, decides_its_share_whatever_the_situation) {
  fixed_scheme scheme(0.25);
  EXPECT_EQ(scheme.decide({}).share, 0.25);
  situation other{.eta = 1.0,
                  .lambda = 0.1,
                  .importance = {1.0F},
                  .bandwidth_bps = 1e6,
                  .rtt_seconds = 0.01,
                  .link_up = true,
                  .previous = {}};
  scheme.observe({});
  EXPECT_EQ(scheme.decide(other).share, 0.25);
}

TEST(fixed_scheme, leaves_the_frequencies_alone) {
  const auto decided = fixed_scheme(1.0).decide({});
  EXPECT_FALSE(decided.clocks.any());
}

TEST(fixed_scheme, refuses_a_share_outside_0_to_1) {
  EXPECT_THROW(fixed_scheme(-0.1), std::invalid_argument);
  EXPECT_THROW(fixed_scheme(1.1), std::invalid_argument);
  EXPECT_THROW(fixed_scheme(std::numeric_limits<double>::quiet_NaN()), std::invalid_argument);
}

}  // namespace
}  // namespace dvfo::policy
