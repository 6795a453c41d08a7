#include "link/faults/scenario.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/temporary_folder.hpp"

namespace dvfo::link::faults {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;

constexpr const char* proxy = "[[proxy]]\nname = \"cloud\"\nlisten = \"127.0.0.1:0\"\nupstream = \"127.0.0.1:7070\"\n";

class scenario_file : public testing::Test {
 protected:
  scenario read(const std::string& text) {
    tests::write_file(folder_.path() / "s.toml", text);
    return read_scenario(folder_.path() / "s.toml");
  }

  /// The error's text without the folder; "" where there is none.
  std::string refusal_of(const std::string& text) {
    try {
      read(text);
    } catch (const scenario_error& problem) {
      const std::string what = problem.what();
      const auto folder = folder_.path().string() + "/";
      return what.starts_with(folder) ? what.substr(folder.size()) : what;
    }
    return "";
  }

  std::string event_refusal(const std::string& keys) { return refusal_of(proxy + ("[[event]]\n" + keys)); }

  tests::temporary_folder folder_;
};

TEST_F(scenario_file, is_read_with_all_that_it_says) {
  tests::write_file(folder_.path() / "lift.trace", "0\t5\n1\t0.1\n");
  const auto out =
      read(std::string("seed = 7\n") + proxy +
           "[[event]]\nat = 1.5\nfor = 2\nevery = 4\ntimes = 3\nproxy = \"cloud\"\nstream = \"both\"\n"
           "type = \"latency\"\ntoxicity = 0.25\nattributes = { latency = 100, jitter = 2.5 }\n"
           "[[event]]\nat = 0\nproxy = \"cloud\"\ntype = \"bandwidth\"\nattributes.trace = \"lift.trace\"\n"
           "[[event]]\nat = 9\nproxy = \"cloud\"\ntype = \"down\"\n");
  ASSERT_EQ(out.proxies.size(), 1U);
  EXPECT_EQ(out.proxies[0].upstream, "127.0.0.1:7070");
  ASSERT_EQ(out.events.size(), 3U);
  const auto& first = out.events[0];
  EXPECT_EQ(first.at, 1500ms);
  EXPECT_EQ(first.lasting, 2s);
  EXPECT_EQ(first.every, 4s);
  EXPECT_EQ(first.times, 3U);
  EXPECT_EQ(first.ways.size(), 2U);
  EXPECT_EQ(first.toxic.settings.name, "event1_latency");
  EXPECT_EQ(first.toxic.settings.toxicity, 0.25);
  EXPECT_EQ(std::get<double>(first.toxic.settings.attributes.at("jitter")), 2.5);
  EXPECT_EQ(out.events[1].ways, std::vector{stream::downstream}) << "Toxiproxy's default";
  EXPECT_EQ(out.events[1].lasting, std::nullopt);
  EXPECT_TRUE(out.events[2].ways.empty());
  EXPECT_FALSE(out.events[2].toxic.make);
}

TEST_F(scenario_file, tells_line_table_and_key_of_a_mistake) {
  EXPECT_THAT(event_refusal("at = 1\nproxy = \"clod\"\ntype = \"latency\"\n"),
              AllOf(HasSubstr("s.toml:7: [[event]] 1: key 'proxy' is 'clod'"), HasSubstr("one of cloud")));
  EXPECT_THAT(event_refusal("at = 1\nproxy = \"cloud\"\ntype = \"latency\"\nattributes = { latency = 1, jiter = 2 }\n"),
              AllOf(HasSubstr("s.toml:9: [[event]] 1: attribute 'jiter'"), HasSubstr("latency, jitter")));
  EXPECT_THAT(event_refusal("at = 1\nproxy = \"cloud\"\ntype = \"latncy\"\n"),
              HasSubstr("s.toml:8: [[event]] 1: type is"));
  EXPECT_THAT(event_refusal("at = 1\nfro = 2\nproxy = \"cloud\"\ntype = \"latency\"\n"),
              AllOf(HasSubstr("s.toml:7"), HasSubstr("unknown key 'fro'"), HasSubstr("for")));
  EXPECT_THAT(refusal_of(std::string(proxy) + proxy), HasSubstr("s.toml:6: [[proxy]] 2: key 'name' is 'cloud'"));
}

TEST_F(scenario_file, refuses_what_cannot_be_meant) {
  const std::string rest = "proxy = \"cloud\"\ntype = \"latency\"\n";
  const std::string down = "proxy = \"cloud\"\ntype = \"down\"\n";
  const auto with = [&](const std::string& keys) { return event_refusal(keys + rest); };
  EXPECT_THAT(with(""), HasSubstr("key 'at' is missing"));
  EXPECT_THAT(with("at = -1\n"), HasSubstr("seconds from 0"));
  EXPECT_THAT(with("at = \"1\"\n"), HasSubstr("key 'at' is '1'"));
  EXPECT_THAT(with("at = nan\n"), HasSubstr("seconds from 0"));
  EXPECT_THAT(with("at = 1\nfor = 0\n"), HasSubstr("key 'for'"));
  EXPECT_THAT(with("at = 1\nevery = 2\n"), HasSubstr("needs 'for'"));
  EXPECT_THAT(with("at = 1\nfor = 2\nevery = 2\n"), HasSubstr("more than 'for'"));
  EXPECT_THAT(with("at = 1\ntimes = 2\n"), HasSubstr("needs 'every'"));
  EXPECT_THAT(with("at = 1\nfor = 1\nevery = 2\ntimes = 2.5\n"), HasSubstr("whole"));
  EXPECT_THAT(with("at = 1\nstream = \"up\"\n"), HasSubstr("upstream, downstream or both"));
  EXPECT_THAT(with("at = 1\ntoxicity = 2\n"), HasSubstr("from 0 to 1"));
  EXPECT_THAT(with("at = 1\nattributes = 3\n"), HasSubstr("a table"));
  EXPECT_THAT(with("at = 1\nattributes = { latency = true }\n"), HasSubstr("'latency' is true"));
  EXPECT_THAT(event_refusal("at = 1\nstream = \"both\"\n" + down), HasSubstr("whole proxy"));
  EXPECT_THAT(event_refusal("at = 1\nattributes = { x = 1 }\n" + down), HasSubstr("none"));
  EXPECT_THAT(refusal_of("[[proxy]]\nname = \"x\"\nlisten = \"0.0.0.0:1\"\nupstream = \"127.0.0.1:2\"\n"),
              AllOf(HasSubstr("s.toml:3"), HasSubstr("loopback")));
  EXPECT_THAT(refusal_of("[[proxy]]\nname = \"x\"\nlisten = \"127.0.0.1:1\"\nupstream = \"here\"\n"),
              AllOf(HasSubstr("s.toml:4"), HasSubstr("HOST:PORT")));
  EXPECT_THAT(refusal_of("[proxy]\nname = \"x\"\n"), HasSubstr("[[proxy]]"));
  EXPECT_THAT(refusal_of("event = 3\n"), HasSubstr("[[event]]"));
}

TEST_F(scenario_file, tells_where_the_syntax_breaks_and_what_is_not_there) {
  EXPECT_THAT(refusal_of("[[proxy]]\nname = \n"), HasSubstr("s.toml:2"));
  EXPECT_THAT(refusal_of(std::string(proxy) + "[[event]]\nat = 1\nproxy = \"cloud\"\ntype = \"bandwidth\"\n"
                                              "attributes = { trace = \"none.trace\" }\n"),
              AllOf(HasSubstr("s.toml:9"), HasSubstr("none.trace")));
  EXPECT_THROW(read_scenario("/nowhere/s.toml"), scenario_error);
}

event lasting(instant at, std::optional<instant> how_long, std::optional<instant> every = {}, std::uint64_t times = 0) {
  event out;
  out.at = at;
  out.lasting = how_long;
  out.every = every;
  out.times = times;
  return out;
}

std::vector<std::tuple<instant, bool, std::size_t, std::uint64_t>> steps_of(timeline& what, instant until) {
  std::vector<std::tuple<instant, bool, std::size_t, std::uint64_t>> out;
  while (const auto step = what.take(until)) out.emplace_back(step->at, step->begins, step->event, step->occurrence);
  return out;
}

using steps = std::vector<std::tuple<instant, bool, std::size_t, std::uint64_t>>;

TEST(timeline, ends_what_is_over_before_it_begins_the_next) {
  timeline what({lasting(5s, std::nullopt), lasting(1s, 4s), lasting(5s, 1s)});
  EXPECT_EQ(what.next(), 1s);
  EXPECT_EQ(steps_of(what, 10s),
            (steps{{1s, true, 1, 0}, {5s, false, 1, 0}, {5s, true, 0, 0}, {5s, true, 2, 0}, {6s, false, 2, 0}}));
  EXPECT_EQ(what.next(), std::nullopt);
}

TEST(timeline, repeats_as_often_as_it_is_told) {
  timeline twice({lasting(1s, 100ms, 300ms, 2)});
  EXPECT_EQ(steps_of(twice, 10s),
            (steps{{1s, true, 0, 0}, {1100ms, false, 0, 0}, {1300ms, true, 0, 1}, {1400ms, false, 0, 1}}));
  timeline always({lasting(0s, 1s, 2s)});
  EXPECT_EQ(steps_of(always, 1000s).size(), 1001U);
  EXPECT_EQ(always.next(), 1001s);
}

}  // namespace
}  // namespace dvfo::link::faults
