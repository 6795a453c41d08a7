#include "link/trace.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "tests/support/temporary_folder.hpp"

namespace dvfo::link {
namespace {

using testing::HasSubstr;
using tests::temporary_folder;
using tests::write_file;

TEST(trace, constant_links_take_the_time_of_the_bits) {
  const auto link = trace::constant(8e6);
  EXPECT_EQ(link.bps_at(12.3), 8e6);
  EXPECT_NEAR(link.sent_at(0.25, 1e6), 1.25, 1e-12);
  EXPECT_NEAR(link.sent_at(0.25, 0.0), 0.25, 1e-12);
  EXPECT_NEAR(link.sent_at(100.0, 10e6), 110.0, 1e-9) << "over many rounds";
}

TEST(trace, a_transfer_goes_through_the_steps_and_round_again) {
  // 1 Mbit/s for 2 s, nothing for 1 s, 3 Mbit/s for 1 s; then again.
  const trace link("test", {{0.0, 1e6}, {2.0, 0.0}, {3.0, 3e6}}, 4.0);
  EXPECT_EQ(link.bps_at(1.9), 1e6);
  EXPECT_EQ(link.bps_at(2.5), 0.0);
  EXPECT_EQ(link.bps_at(5.0), 1e6);
  EXPECT_NEAR(link.sent_at(1.0, 1e6 / 8), 2.0, 1e-12);
  EXPECT_NEAR(link.sent_at(1.0, 2e6 / 8), 3.0 + 1.0 / 3.0, 1e-12) << "waits while nothing passes";
  EXPECT_NEAR(link.sent_at(2.5, 3.5e6 / 8), 4.5, 1e-12);
  EXPECT_NEAR(link.sent_at(0.0, 11e6 / 8), 9.0, 1e-9) << "two rounds of 5 Mbit and one more";
}

TEST(trace, reads_the_files_of_the_public_traces) {
  const temporary_folder place;
  write_file(place.path() / "commute", "10.0\t1.5\n11.0\t0.5\n13.0\t2.0\n");
  const auto link = trace::from_file(place.path() / "commute");
  EXPECT_EQ(link.name(), "commute");
  EXPECT_EQ(link.bps_at(0.5), 1.5e6);
  EXPECT_EQ(link.bps_at(2.0), 0.5e6);
  EXPECT_EQ(link.bps_at(4.0), 2e6);
  EXPECT_EQ(link.bps_at(4.6), 1.5e6) << "the last step lasts as long as the others do on average";
}

TEST(trace, a_broken_file_is_an_error_that_names_file_and_line) {
  const temporary_folder place;
  write_file(place.path() / "bad", "0.0\t1.5\n1.0 fast\n");
  try {
    trace::from_file(place.path() / "bad");
    FAIL();
  } catch (const std::runtime_error& failure) {
    EXPECT_THAT(failure.what(), HasSubstr("bad:2"));
    EXPECT_THAT(failure.what(), HasSubstr("1.0 fast"));
  }
  write_file(place.path() / "empty", "");
  EXPECT_THROW(trace::from_file(place.path() / "empty"), std::runtime_error);
  EXPECT_THROW(trace::from_file(place.path() / "none"), std::runtime_error);
}

// A blank last line, which every editor leaves, was "found \"\", expected seconds".
TEST(trace, reads_files_as_people_and_editors_leave_them) {
  const temporary_folder place;
  write_file(place.path() / "edited",
             "\xEF\xBB\xBF# commute, Mbit/s\r\n10.0\t1.5\r\n\r\n11.0  0.5\r\n# rain\r\n13.0\t2.0\r\n\r\n");
  const auto link = trace::from_file(place.path() / "edited");
  EXPECT_EQ(link.bps_at(0.5), 1.5e6);
  EXPECT_EQ(link.bps_at(2.0), 0.5e6);
  EXPECT_EQ(link.bps_at(4.0), 2e6);
}

// "its times are not ascending" named neither; in a folder of a hundred traces that is a search.
TEST(trace, a_fault_of_any_kind_names_file_and_line) {
  const temporary_folder place;
  const auto refusal = [&](const std::string& text) -> std::string {
    write_file(place.path() / "bad", text);
    try {
      trace::from_file(place.path() / "bad");
    } catch (const std::runtime_error& failure) {
      return failure.what();
    }
    return "no error";
  };
  const auto file = (place.path() / "bad").string();
  EXPECT_THAT(refusal("# one\n1 2\n\n1 3\n"), testing::AllOf(HasSubstr(file + ":4"), HasSubstr("after that of")));
  EXPECT_THAT(refusal("1 2\n2 -3\n"), testing::AllOf(HasSubstr(file + ":2"), HasSubstr("at least 0")));
  EXPECT_THAT(refusal("1 2\n2 1e400\n"), HasSubstr(file + ":2"));
  EXPECT_THAT(refusal("1 0\n2 0\n"), testing::AllOf(HasSubstr(file), HasSubstr("never carries a bit")));
  EXPECT_THAT(refusal("\n# nothing\n"), testing::AllOf(HasSubstr(file), HasSubstr("no step")));
  std::filesystem::remove(place.path() / "bad");
  std::filesystem::create_directory(place.path() / "bad");
  try {
    trace::from_file(place.path() / "bad");
    FAIL() << "a folder was taken for an empty trace";
  } catch (const std::runtime_error& failure) {
    EXPECT_THAT(failure.what(), HasSubstr("bad: is a folder"));
  }
}

TEST(trace, refuses_steps_that_no_link_has) {
  EXPECT_THROW(trace("x", {}, 1.0), std::invalid_argument);
  EXPECT_THROW(trace("x", {{0.0, -1.0}}, 1.0), std::invalid_argument);
  EXPECT_THROW(trace("x", {{0.0, 0.0}}, 1.0), std::invalid_argument) << "would never deliver";
  EXPECT_THROW(trace("x", {{0.0, 1.0}, {0.0, 2.0}}, 1.0), std::invalid_argument);
  EXPECT_THROW(trace("x", {{1.0, 1.0}}, 2.0), std::invalid_argument);
}

TEST(trace, the_markov_process_stays_in_its_range_and_repeats_with_its_seed) {
  const auto one = trace::markov(7, 0.2e6, 100e6, 1.0, 500.0);
  const auto same = trace::markov(7, 0.2e6, 100e6, 1.0, 500.0);
  const auto other = trace::markov(8, 0.2e6, 100e6, 1.0, 500.0);
  double low = 1e12;
  double high = 0.0;
  bool differs = false;
  for (double t = 0.0; t < 500.0; t += 0.5) {
    const double bps = one.bps_at(t);
    EXPECT_EQ(bps, same.bps_at(t));
    differs = differs || bps != other.bps_at(t);
    low = std::min(low, bps);
    high = std::max(high, bps);
  }
  EXPECT_TRUE(differs);
  EXPECT_GE(low, 0.2e6 * 0.999);
  EXPECT_LE(high, 100e6 * 1.001);
  EXPECT_LT(low, 1e6) << "it wanders over the whole range";
  EXPECT_GT(high, 20e6);
}

}  // namespace
}  // namespace dvfo::link
