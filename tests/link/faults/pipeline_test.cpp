#include "link/faults/pipeline.hpp"

#include <gtest/gtest.h>

#include "tests/link/faults/stream_bench.hpp"

namespace dvfo::link::faults {
namespace {

TEST(pipeline, without_toxics_passes_at_once) {
  stream_bench bench;
  const auto out = bench.send(5ms, "x").end(6ms).by(5ms);
  ASSERT_EQ(out.size(), 2U);
  EXPECT_EQ(out[0].at, 5ms);
  EXPECT_EQ(bench.pipe.next(), std::nullopt) << "nothing to wake for";
}

TEST(pipeline, chains_toxics_in_their_order) {
  auto out = stream_bench()
                 .toxic("latency", {{"latency", 100.0}})
                 .toxic("slicer", {{"average_size", 1.0}, {"delay", 1000.0}})
                 .send(0ms, "abc")
                 .by(1s);
  ASSERT_EQ(out.size(), 3U);
  EXPECT_EQ(out[0].at, 100ms);
  EXPECT_EQ(out[2].at, 102ms);
}

/// What comes out, and when, is a matter of the stream alone: a machine that wakes late changes nothing but how late it
/// is seen.
TEST(pipeline, does_not_care_when_it_is_looked_at) {
  const auto run = [](instant step) {
    stream_bench bench;
    bench.toxic("latency", {{"latency", 20.0}, {"jitter", 15.0}})
        .toxic("bandwidth", {{"rate", 200.0}})
        .toxic("loss", {{"loss_rate", 0.1}});
    std::vector<arrival> out;
    for (int i = 0; i < 50; ++i) bench.send(3ms * i, pattern(700));
    for (instant now = 0ms; now < 60s; now += step) {
      for (auto& each : bench.by(now)) out.push_back(std::move(each));
    }
    return out;
  };
  const auto often = run(1ms);
  const auto rarely = run(17s);
  ASSERT_EQ(often.size(), rarely.size());
  for (std::size_t i = 0; i < often.size(); ++i) {
    EXPECT_EQ(often[i].at, rarely[i].at);
    EXPECT_EQ(often[i].bytes, rarely[i].bytes);
  }
}

TEST(pipeline, sends_on_what_a_toxic_held_when_it_goes) {
  stream_bench bench;
  bench.toxic("latency", {{"latency", 5000.0}}).send(0ms, "a").send(1ms, "b");
  bench.pipe.remove("latency", 10ms);
  bench.send(11ms, "c");
  const auto out = bench.by(11ms);
  EXPECT_EQ(bytes_of(out), "abc");
  EXPECT_EQ(out[0].at, 10ms);
}

TEST(pipeline, puts_a_changed_toxic_in_the_place_of_the_old_one) {
  stream_bench bench;
  bench.toxic("latency", {{"latency", 5000.0}}).toxic("limit_data", {{"bytes", 4.0}}).send(0ms, "ab");
  const auto changed = prepare({.name = "latency", .type = "latency", .attributes = {{"latency", 10.0}}});
  bench.pipe.change("latency", changed.make({}), 1s);
  bench.send(1s, "cdef");
  const auto out = bench.by(2s);
  EXPECT_EQ(bytes_of(out), "abcd");
  ASSERT_EQ(out.size(), 3U);
  EXPECT_EQ(out[1].at, 1010ms);
  EXPECT_EQ(out[2].what, chunk::kind::close);
}

TEST(pipeline, of_a_black_hole_that_no_longer_takes_hold_closes) {
  stream_bench bench;
  bench.toxic("timeout").send(0ms, "lost");
  bench.pipe.change("timeout", nullptr, 1s);
  const auto out = bench.by(1s);
  ASSERT_EQ(out.size(), 1U) << "a stream with a hole cannot go on";
  EXPECT_EQ(out[0].what, chunk::kind::close);
}

TEST(pipeline, lets_a_reset_overtake_what_waits_for_the_receiver) {
  stream_bench bench;
  bench.toxic("reset_peer", {{"timeout", 50.0}}).send(0ms, "never read");
  bench.pipe.advance(10ms);
  ASSERT_NE(bench.pipe.front(), nullptr);
  EXPECT_EQ(bench.pipe.front()->what, chunk::kind::data);
  bench.pipe.advance(50ms);
  EXPECT_EQ(bench.pipe.front()->what, chunk::kind::reset);
}

TEST(pipeline, counts_what_it_holds_and_stops_accepting) {
  stream_bench bench;
  bench.toxic("latency", {{"latency", 1000.0}});
  EXPECT_EQ(bench.pipe.held(), 0U);
  for (int i = 0; i < 1000; ++i) bench.send(0ms, "x");
  EXPECT_GT(bench.pipe.held(), 50'000U) << "a chunk of one byte takes more memory than that";
  EXPECT_FALSE(bench.pipe.accepts(0ms, 10'000));
  EXPECT_TRUE(bench.pipe.accepts(0ms, 1U << 20U));
  bench.by(1s);
  EXPECT_EQ(bench.pipe.held(), 0U);
}

/// A second of a fast link in front of a knife that cuts single bytes would be held eighty times over once it is cut.
TEST(pipeline, counts_what_is_yet_to_be_cut_small) {
  constexpr std::size_t most = 1U << 20U;
  stream_bench bench;
  bench.toxic("latency", {{"latency", 1000.0}}).toxic("slicer", {{"average_size", 1.0}});
  while (bench.pipe.accepts(0ms, most)) bench.send(0ms, pattern(1000));
  const auto before = bench.pipe.held();
  EXPECT_LT(before, most + most / 10);
  bench.pipe.advance(1s);
  EXPECT_GT(bench.pipe.held(), most / 2) << "it has been cut";
  EXPECT_LE(bench.pipe.held(), before);
}

TEST(pipeline, takes_bytes_off_the_front_as_they_are_sent) {
  stream_bench bench;
  bench.send(0ms, "abc").send(0ms, "d");
  bench.pipe.consume(2);
  EXPECT_EQ(bench.pipe.consumed(), 2U);
  bench.pipe.consume(1);
  EXPECT_EQ(bench.pipe.consumed(), 0U);
  EXPECT_EQ(bench.pipe.front()->bytes.front(), 'd');
  bench.pipe.consume(1);
  EXPECT_EQ(bench.pipe.front(), nullptr);
  EXPECT_EQ(bench.pipe.held(), 0U);
}

}  // namespace
}  // namespace dvfo::link::faults
