#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "tests/link/faults/stream_bench.hpp"
#include "tests/support/temporary_folder.hpp"

namespace dvfo::link::faults {
namespace {

using testing::HasSubstr;

std::string refusal_of(const std::string& type, const attribute_values& attributes, double toxicity = 1.0) {
  try {
    prepare({.name = "x", .type = type, .toxicity = toxicity, .attributes = attributes});
  } catch (const settings_error& problem) {
    return problem.what();
  }
  return "";
}

TEST(latency, delays_what_passes_and_its_end) {
  auto out = stream_bench().toxic("latency", {{"latency", 100.0}}).send(0ms, "a").send(7ms, "b").end(9ms).by(1s);
  ASSERT_EQ(out.size(), 3U);
  EXPECT_EQ(out[0].at, 100ms);
  EXPECT_EQ(out[1].at, 107ms);
  EXPECT_EQ(out[2].at, 109ms);
  EXPECT_EQ(out[2].what, chunk::kind::end);
}

TEST(latency, jitters_within_its_bounds_in_order_and_again_the_same) {
  const auto run = [](std::uint64_t seed) {
    stream_bench bench;
    bench.toxic("latency", {{"latency", 50.0}, {"jitter", 20.0}}, seed);
    for (int i = 0; i < 200; ++i) bench.send(100ms * i, std::string(1, static_cast<char>(i)));
    return bench.by(100s);
  };
  const auto out = run(1);
  ASSERT_EQ(out.size(), 200U);
  std::set<instant> delays;
  for (int i = 0; i < 200; ++i) {
    const auto& each = out[static_cast<std::size_t>(i)];
    EXPECT_EQ(each.bytes, std::string(1, static_cast<char>(i)));
    EXPECT_GE(each.at - 100ms * i, 30ms);
    EXPECT_LE(each.at - 100ms * i, 70ms);
    delays.insert(each.at - 100ms * i);
  }
  EXPECT_GT(delays.size(), 190U);
  const auto same = run(1);
  const auto other = run(2);
  int differ = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    EXPECT_EQ(out[i].at, same[i].at);
    differ += out[i].at != other[i].at ? 1 : 0;
  }
  EXPECT_GT(differ, 190);
}

TEST(latency, keeps_order_where_jitter_would_turn_it) {
  stream_bench bench;
  bench.toxic("latency", {{"latency", 50.0}, {"jitter", 50.0}});
  for (int i = 0; i < 100; ++i) bench.send(1ms * i, std::string(1, static_cast<char>(i)));
  const auto out = bench.by(1s);
  ASSERT_EQ(out.size(), 100U);
  for (std::size_t i = 0; i < out.size(); ++i) EXPECT_EQ(out[i].bytes[0], static_cast<char>(i));
  EXPECT_TRUE(std::is_sorted(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.at < b.at; }));
}

TEST(bandwidth, gives_every_byte_its_time) {
  const auto sent = pattern(20'000);
  auto out = stream_bench().toxic("bandwidth", {{"rate", 500.0}}).send(10ms, sent).end(10ms).by(10s);
  EXPECT_EQ(bytes_of(out), sent);
  std::size_t before = 0;
  for (const auto& each : out) {
    before += each.bytes.size();
    const auto exact = 10ms + 2us * static_cast<int>(before);  // 500 bytes a millisecond
    EXPECT_GE(each.at, exact);
    EXPECT_LE(each.at, exact + 1us);
  }
  EXPECT_EQ(out.back().what, chunk::kind::end);
}

TEST(bandwidth, is_free_again_after_a_pause) {
  auto out = stream_bench().toxic("bandwidth", {{"rate", 1.0}}).send(0ms, "12345").send(1s, "678").by(10s);
  ASSERT_EQ(out.size(), 2U);
  EXPECT_GE(out[1].at, 1003ms);
  EXPECT_LE(out[1].at, 1003ms + 1us);
}

TEST(bandwidth, makes_the_sender_wait) {
  stream_bench bench;
  bench.toxic("bandwidth", {{"rate", 1.0}});
  EXPECT_TRUE(bench.pipe.accepts(0ms, 1U << 20U));
  bench.send(0ms, pattern(100));
  EXPECT_FALSE(bench.pipe.accepts(0ms, 1U << 20U)) << "100 ms are queued";
  bench.by(90ms);
  EXPECT_TRUE(bench.pipe.accepts(90ms, 1U << 20U)) << "10 ms are left";
}

TEST(bandwidth, follows_a_trace_from_when_it_was_added_on) {
  const tests::temporary_folder folder;
  const auto file = folder.path() / "lift.trace";
  tests::write_file(file, "0\t0.008\n1\t0\n3\t0.008\n4\t0.008\n");  // 1000 bytes a second, and nothing for two seconds
  stream_bench bench;
  bench.toxic("bandwidth", {{"trace", file.string()}}, 1, 10s);
  const auto out = bench.send(10s + 500ms, pattern(1000)).by(60s);
  EXPECT_EQ(bytes_of(out).size(), 1000U);
  EXPECT_GE(out.back().at, 13s + 500ms) << "half before the outage, half after it";
  EXPECT_LE(out.back().at, 13s + 500ms + 1us);
}

TEST(bandwidth, wants_a_rate_or_a_trace_that_can_be_read) {
  EXPECT_THAT(refusal_of("bandwidth", {}), HasSubstr("rate"));
  EXPECT_THAT(refusal_of("bandwidth", {{"rate", 5.0}, {"trace", std::string("x")}}), HasSubstr("either"));
  EXPECT_THAT(refusal_of("bandwidth", {{"trace", std::string("/nowhere/x")}}), HasSubstr("/nowhere/x"));
}

TEST(loss, stalls_by_whole_waits_and_loses_nothing) {
  stream_bench bench;
  bench.toxic("loss", {{"loss_rate", 0.3}, {"rto", 200.0}});
  const auto sent = pattern(100);
  for (int i = 0; i < 100; ++i) bench.send(1000s * i, sent);
  const auto out = bench.by(1'000'000s);
  ASSERT_EQ(out.size(), 100U);
  int stalled = 0;
  for (int i = 0; i < 100; ++i) {
    const auto stall = out[static_cast<std::size_t>(i)].at - 1000s * i;
    // 0, 200, 200 + 400, 200 + 400 + 800, …
    instant allowed = 0ms;
    for (instant wait = 200ms; allowed < stall; wait *= 2) allowed += wait;
    EXPECT_EQ(stall, allowed);
    EXPECT_EQ(out[static_cast<std::size_t>(i)].bytes, sent);
    stalled += stall > 0ms ? 1 : 0;
  }
  EXPECT_GT(stalled, 10);
  EXPECT_LT(stalled, 60);
}

TEST(loss, comes_in_bursts_where_it_is_correlated) {
  const auto longest = [](double correlation) {
    stream_bench bench;
    bench.toxic("loss", {{"loss_rate", 0.02}, {"correlation", correlation}, {"rto", 1.0}}, 3);
    for (int i = 0; i < 2000; ++i) bench.send(1s * i, "x");
    instant out{};
    int i = 0;
    for (const auto& each : bench.by(10'000s)) out = std::max(out, each.at - 1s * i++);
    return out;
  };
  EXPECT_LE(longest(0.0), 7ms);
  EXPECT_GE(longest(0.9), 255ms);
}

TEST(loss, of_everything_holds_it_until_the_toxic_goes) {
  stream_bench bench;
  bench.toxic("loss", {{"loss_rate", 1.0}}).send(0ms, "held").send(1ms, " back");
  EXPECT_TRUE(bench.by(60s).empty());
  bench.pipe.remove("loss", 61s);
  EXPECT_EQ(bytes_of(bench.by(61s)), "held back");
}

TEST(loss, of_everything_ends_as_the_kernel_ends_it) {
  stream_bench bench;
  const auto out = bench.toxic("loss", {{"loss_rate", 1.0}}).send(0ms, "x").send(1ms, "y").by(2000s);
  ASSERT_EQ(out.size(), 1U) << "nothing may pass behind a segment that never arrived";
  EXPECT_EQ(out[0].what, chunk::kind::reset);
  EXPECT_GT(out[0].at, 900s);
}

TEST(slicer, cuts_within_its_bounds_and_waits_between) {
  const auto sent = pattern(5000);
  auto out = stream_bench()
                 .toxic("slicer", {{"average_size", 100.0}, {"size_variation", 30.0}, {"delay", 500.0}})
                 .send(0ms, sent)
                 .by(10s);
  EXPECT_EQ(bytes_of(out), sent);
  ASSERT_GT(out.size(), 35U);
  std::set<std::size_t> sizes;
  for (std::size_t i = 0; i < out.size(); ++i) {
    EXPECT_EQ(out[i].at, 500us * static_cast<int>(i));
    if (i + 1 == out.size()) break;  // the rest
    EXPECT_GE(out[i].bytes.size(), 70U);
    EXPECT_LE(out[i].bytes.size(), 130U);
    sizes.insert(out[i].bytes.size());
  }
  EXPECT_GT(sizes.size(), 10U);
  EXPECT_THAT(refusal_of("slicer", {{"average_size", 5.0}, {"size_variation", 5.0}}), HasSubstr("below"));
}

TEST(corrupt, flips_single_bits_wherever_the_stream_is_cut) {
  const auto sent = pattern(50'000);
  const auto run = [&](std::size_t cut) {
    stream_bench bench;
    bench.toxic("corrupt", {{"probability", 0.001}}, 9);
    for (std::size_t i = 0; i < sent.size(); i += cut) bench.send(0ms, sent.substr(i, cut));
    return bytes_of(bench.by(0ms));
  };
  const auto got = run(50'000);
  ASSERT_EQ(got.size(), sent.size());
  int flipped = 0;
  for (std::size_t i = 0; i < sent.size(); ++i) {
    const auto difference = static_cast<unsigned char>(got[i] ^ sent[i]);
    if (difference == 0) continue;
    EXPECT_EQ(difference & (difference - 1), 0) << "more than one bit of byte " << i;
    ++flipped;
  }
  EXPECT_GT(flipped, 20);
  EXPECT_LT(flipped, 100);
  EXPECT_EQ(run(1), got);
  EXPECT_EQ(run(777), got);
}

TEST(corrupt, of_everything_and_of_nothing) {
  const std::string zeros(64, '\0');
  for (const char byte : bytes_of(stream_bench().toxic("corrupt", {{"probability", 1.0}}).send(0ms, zeros).by(0ms)))
    EXPECT_NE(byte, '\0');
  EXPECT_EQ(bytes_of(stream_bench().toxic("corrupt").send(0ms, zeros).by(0ms)), zeros);
}

TEST(timeout, lets_nothing_pass_and_closes) {
  stream_bench bench;
  bench.toxic("timeout", {{"timeout", 500.0}}).send(1ms, "x").end(2ms);
  EXPECT_TRUE(bench.by(499ms).empty());
  const auto out = bench.by(10s);
  ASSERT_EQ(out.size(), 1U);
  EXPECT_EQ(out[0].what, chunk::kind::close);
  EXPECT_EQ(out[0].at, 500ms);
}

TEST(timeout, without_an_end_closes_when_it_goes) {
  stream_bench bench;
  bench.toxic("timeout").send(0ms, "x").end(1ms);
  EXPECT_EQ(bench.pipe.next(), std::nullopt);
  EXPECT_TRUE(bench.by(1000s).empty());
  bench.pipe.remove("timeout", 1001s);
  const auto out = bench.by(1001s);
  ASSERT_EQ(out.size(), 1U);
  EXPECT_EQ(out[0].what, chunk::kind::close);
}

TEST(limit_data, closes_behind_the_last_byte_that_it_grants) {
  stream_bench bench;
  const auto out = bench.toxic("limit_data", {{"bytes", 5.0}}).send(0ms, "abc").send(3ms, "defg").send(4ms, "h").by(1s);
  EXPECT_EQ(bytes_of(out), "abcde");
  EXPECT_EQ(out.back().what, chunk::kind::close);
  EXPECT_EQ(out.back().at, 3ms);
  EXPECT_THAT(refusal_of("limit_data", {{"bytes", 1.5}}), HasSubstr("whole"));
}

TEST(reset_peer, works_until_it_breaks) {
  stream_bench bench;
  bench.toxic("reset_peer", {{"timeout", 300.0}}).send(100ms, "before").send(400ms, "after");
  const auto out = bench.by(1s);
  EXPECT_EQ(out.back().what, chunk::kind::reset);
  EXPECT_EQ(out.back().at, 300ms);
  EXPECT_EQ(stream_bench().toxic("reset_peer").by(0ms).size(), 1U);
}

TEST(slow_close, delays_the_end_alone) {
  const auto out = stream_bench().toxic("slow_close", {{"delay", 250.0}}).send(0ms, "x").end(1ms).by(1s);
  ASSERT_EQ(out.size(), 2U);
  EXPECT_EQ(out[0].at, 0ms);
  EXPECT_EQ(out[1].what, chunk::kind::end);
  EXPECT_EQ(out[1].at, 251ms);
}

TEST(prepare, fills_in_what_is_not_given) {
  const auto out = prepare({.name = "x", .type = "latency", .attributes = {{"latency", 5.0}}});
  EXPECT_EQ(std::get<double>(out.settings.attributes.at("jitter")), 0.0);
}

TEST(prepare, names_what_is_wrong_and_what_is_expected) {
  EXPECT_THAT(refusal_of("latncy", {}), HasSubstr("latency, bandwidth"));
  EXPECT_THAT(refusal_of("latency", {{"jiter", 1.0}}), HasSubstr("latency, jitter"));
  EXPECT_THAT(refusal_of("latency", {{"latency", -1.0}}), HasSubstr("from 0 to"));
  EXPECT_THAT(refusal_of("latency", {{"latency", std::string("long")}}), HasSubstr("a number"));
  EXPECT_THAT(refusal_of("latency", {}, 1.5), HasSubstr("toxicity"));
  EXPECT_THAT(refusal_of("down", {{"x", 1.0}}), HasSubstr("none"));
}

TEST(toxic_kinds, can_all_be_found_and_have_words) {
  for (const auto* kind : toxic_kinds()) {
    EXPECT_EQ(find_kind(kind->name), kind);
    EXPECT_FALSE(kind->summary.empty());
    EXPECT_EQ(kind->prepare == nullptr, kind->name == "down");
  }
  EXPECT_EQ(toxic_kinds().size(), 10U);
}

TEST(random_source, differs_with_every_part_of_a_seed) {
  std::set<std::uint64_t> seeds;
  const seed_parts base{.seed = 1, .proxy = "a", .toxic = "b", .occurrence = 1, .connection = 1};
  seeds.insert(mixed(base));
  auto other = base;
  other.seed = 2;
  seeds.insert(mixed(other));
  other = base;
  other.proxy = "ab";
  other.toxic = "";
  seeds.insert(mixed(other));
  other = base;
  other.occurrence = 2;
  seeds.insert(mixed(other));
  other = base;
  other.connection = 2;
  seeds.insert(mixed(other));
  EXPECT_EQ(seeds.size(), 5U);
  EXPECT_EQ(seeds.count(mixed(base)), 1U);
}

}  // namespace
}  // namespace dvfo::link::faults
