#include "evaluation/schemes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "tests/policy/environment_fixtures.hpp"

namespace dvfo::evaluation {
namespace {

using policy::link_trace;
using testing::HasSubstr;

class schemes_test : public ::testing::Test {
 protected:
  schemes_case make(double bps, double eta = 0.5) const {
    schemes_case what;
    what.physics = &physics_;
    what.links = {link_trace::constant(bps)};
    what.eta = eta;
    what.tasks = 5;
    return what;
  }

  device::simulated::physics board_ = device::simulated::physics::of_board("jetson-tx2");
  policy::task_physics physics_{board_, policy::resnet_like()};
};

TEST_F(schemes_test, nobody_beats_the_oracle_at_clocks_that_need_not_change) {
  for (const double bps : {0.5e6, 5e6, 50e6}) {
    const auto rows = evaluate_schemes(make(bps), {"edge-only", "cloud-only", "fixed", "oracle"});
    ASSERT_EQ(rows.size(), 4U);
    // Its search takes clocks as settled; the first task still runs at the clocks before, hence the small allowance.
    for (const auto& row : rows) EXPECT_GT(row.regret, -0.02) << row.scheme << " at " << bps;
    EXPECT_EQ(rows[3].regret, 0.0);
  }
}

TEST_F(schemes_test, rows_say_what_ran) {
  const auto rows = evaluate_schemes(make(5e6), {"cloud-only", "edge-only"});
  EXPECT_EQ(rows[0].scheme, "cloud-only");
  EXPECT_EQ(rows[0].share_mean, 1.0);
  EXPECT_EQ(rows[1].share_mean, 0.0);
  EXPECT_FALSE(rows[0].accuracy) << "a descriptor has no accuracy";
  EXPECT_LE(rows[0].tti.p50, rows[0].tti.p99);
  EXPECT_NEAR(rows[1].cost.mean, 0.5 * rows[1].eti.mean + 0.5 * 15.0 * rows[1].tti.mean, 1e-12);
}

TEST_F(schemes_test, the_same_seed_gives_the_same_rows) {
  auto what = make(5e6);
  what.links = {link_trace::markov(1, 0.2e6, 100e6, 1.0, 100.0), link_trace::markov(2, 0.2e6, 100e6, 1.0, 100.0)};
  what.when = {.how = policy::arrivals::kind::poisson, .mean_seconds = 0.2};
  const auto one = evaluate_schemes(what, {"fixed"});
  const auto same = evaluate_schemes(what, {"fixed"});
  EXPECT_EQ(one[0].tti.mean, same[0].tti.mean);
  EXPECT_EQ(one[0].eti.mean, same[0].eti.mean);
}

TEST_F(schemes_test, an_unknown_scheme_is_an_error_that_lists_the_known_ones) {
  try {
    evaluate_schemes(make(5e6), {"edge-only", "magic"});
    FAIL();
  } catch (const std::invalid_argument& refused) {
    EXPECT_THAT(refused.what(), HasSubstr("magic"));
    EXPECT_THAT(refused.what(), HasSubstr("oracle"));
  }
  auto nothing = make(5e6);
  nothing.links.clear();
  EXPECT_THROW(evaluate_schemes(nothing, {"fixed"}), std::invalid_argument);
}

}  // namespace
}  // namespace dvfo::evaluation
