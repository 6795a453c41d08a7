#include "link/faults/engine.hpp"

#include <sys/resource.h>

#include "link/faults/address.hpp"
#include "tests/link/faults/engine_fixture.hpp"

namespace dvfo::link::faults {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class faults_engine : public engine_fixture {};

TEST_F(faults_engine, passes_bytes_both_ways_at_once) {
  const auto ends = connect();
  const auto up = pattern(3'000'000);
  const auto down = pattern(2'000'000);
  std::thread sender([&] { ends.client.send(up); });
  std::thread other([&] { ends.server.send(down); });
  std::string got_up;
  std::thread reader([&] { got_up = ends.server.read(up.size()); });
  EXPECT_EQ(ends.client.read(down.size()), down);
  for (auto* each : {&sender, &other, &reader}) each->join();
  EXPECT_EQ(got_up, up);
}

TEST_F(faults_engine, closes_one_way_and_leaves_the_other_open) {
  const auto ends = connect();
  ends.client.send("question");
  ends.client.say_no_more();
  EXPECT_EQ(ends.server.read(100), "question");
  ends.server.send("answer");
  ends.server.say_no_more();
  EXPECT_EQ(ends.client.read(100), "answer");
  const auto end = closed(1);
  EXPECT_EQ(end->reason, "ended");
  EXPECT_EQ(end->bytes_upstream, 8U);
  EXPECT_EQ(end->bytes_downstream, 6U);
}

TEST_F(faults_engine, breaks_the_other_end_when_one_breaks) {
  auto ends = connect();
  ends.client.send("x");
  EXPECT_EQ(ends.server.read(1), "x");
  ends.client.break_off();
  EXPECT_TRUE(ends.server.is_reset());
}

TEST_F(faults_engine, lets_news_of_a_break_travel_as_slowly_as_bytes) {
  toxic("latency", stream::upstream, {{"latency", 50.0}});
  auto ends = connect();
  EXPECT_GE(seconds_of([&] {
              ends.client.break_off();
              EXPECT_TRUE(ends.server.is_reset());
            }),
            0.05);
}

TEST_F(faults_engine, makes_a_sender_wait_for_a_receiver_that_does_not_read) {
  const auto ends = connect();
  const timeval soon{.tv_sec = 0, .tv_usec = 200'000};
  setsockopt(ends.client.number(), SOL_SOCKET, SO_SNDTIMEO, &soon, sizeof soon);
  const auto block = pattern(1 << 20);
  std::size_t sent = 0;
  for (;;) {
    const auto count = ::send(ends.client.number(), block.data(), block.size(), MSG_NOSIGNAL);
    if (count <= 0) break;
    sent += static_cast<std::size_t>(count);
    ASSERT_LT(sent, 64U << 20U) << "somebody buffers without bound";
  }
  std::size_t got = 0;
  while (got < sent) {
    const auto piece = ends.server.read(std::min<std::size_t>(1 << 20, sent - got));
    ASSERT_FALSE(piece.empty());
    got += piece.size();
  }
  EXPECT_EQ(got, sent);
}

TEST_F(faults_engine, holds_a_bounded_part_of_a_stream_that_is_delayed) {
  toxic("latency", stream::upstream, {{"latency", 1e7}});
  const auto ends = connect();
  const timeval soon{.tv_sec = 0, .tv_usec = 200'000};
  setsockopt(ends.client.number(), SOL_SOCKET, SO_SNDTIMEO, &soon, sizeof soon);
  const auto block = pattern(1 << 20);
  std::size_t sent = 0;
  for (ssize_t count = 0; (count = ::send(ends.client.number(), block.data(), block.size(), MSG_NOSIGNAL)) > 0;) {
    sent += static_cast<std::size_t>(count);
    ASSERT_LT(sent, 64U << 20U) << "the proxy holds without bound";
  }
  EXPECT_TRUE(ends.server.is_silent());
}

TEST_F(faults_engine, tells_that_the_server_cannot_be_reached) {
  const auto nowhere = proxies_.add({.name = "n", .listen = "127.0.0.1:0", .upstream = "127.0.0.1:1"}).settings.listen;
  const auto client = connect_to(nowhere);
  EXPECT_TRUE(client.is_at_end());
  const auto end = told<connection_report>([](const auto& each) { return each.proxy == "n"; });
  EXPECT_EQ(end->change, "closed");
  EXPECT_THAT(end->reason, HasSubstr("refused"));
}

/// An idle proxy that looked around would cost energy on the boards whose energy is measured.
TEST_F(faults_engine, does_not_wake_while_connections_are_idle) {
  std::vector<both_ends> idle;
  for (int i = 0; i < 20; ++i) idle.push_back(connect());
  toxic("latency", stream::upstream, {{"latency", 300.0}});
  const auto before = proxies_.turns();
  idle[7].client.send("x");
  EXPECT_EQ(idle[7].server.read(1), "x");  // 300 ms have passed
  EXPECT_LE(proxies_.turns() - before, 10U);
}

TEST_F(faults_engine, carries_a_thousand_connections) {
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  if (files.rlim_cur < 4500) GTEST_SKIP() << "4500 open files are needed, " << files.rlim_cur << " allowed";
  toxic("latency", stream::upstream, {{"latency", 5.0}, {"jitter", 5.0}});
  std::vector<both_ends> all;
  for (int i = 0; i < 1000; ++i) all.push_back(connect());
  for (std::size_t i = 0; i < all.size(); ++i) all[i].client.send(std::to_string(i) + ";");
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto expected = std::to_string(i) + ";";
    ASSERT_EQ(all[i].server.read(expected.size()), expected);
  }
  proxies_.stop();
  for (const auto& each : all) ASSERT_TRUE(each.client.is_at_end());
}

TEST_F(faults_engine, plays_a_scenario) {
  event cut;
  cut.at = 0ms;
  cut.lasting = 30ms;
  cut.proxy = "p";
  cut.toxic = prepare({.name = "event1_down", .type = "down"});
  event later = cut;
  later.at = 40ms;
  later.lasting = 20ms;
  later.ways = {stream::upstream};
  later.toxic = prepare({.name = "event2_latency", .type = "latency", .attributes = {{"latency", 1.0}}});
  proxies_.play({cut, later});
  const auto toxic_change = [&](const std::string& change) {
    return told<toxic_report>([=](const auto& each) { return each.change == change; });
  };
  EXPECT_EQ(toxic_change("removed")->toxic.name, "event2_latency_upstream");
  const std::lock_guard lock(mutex_);
  std::vector<std::string> changes;
  instant before{};
  for (const auto& each : reports_) {
    EXPECT_GE(each.at, before);
    before = each.at;
    if (const auto* what = std::get_if<proxy_report>(&each.what)) changes.push_back(what->change);
    if (const auto* what = std::get_if<toxic_report>(&each.what)) changes.push_back("toxic " + what->change);
  }
  EXPECT_THAT(changes, ElementsAre("added", "disabled", "enabled", "toxic added", "toxic removed"));
  EXPECT_GE(before, 60ms);
}

TEST_F(faults_engine, resets_to_open_proxies_without_toxics) {
  toxic("latency", stream::upstream);
  toxic("timeout", stream::downstream);
  auto wanted = proxies_.state("p").settings;
  wanted.is_enabled = false;
  proxies_.change(wanted);
  proxies_.reset();
  EXPECT_TRUE(proxies_.state("p").toxics.empty());
  EXPECT_TRUE(proxies_.state("p").settings.is_enabled);
  const auto ends = connect();
  ends.client.send("x");
  EXPECT_EQ(ends.server.read(1), "x");
}

TEST_F(faults_engine, says_so_when_its_port_has_been_taken_and_stays_disabled) {
  auto wanted = proxies_.state("p").settings;
  wanted.is_enabled = false;
  proxies_.change(wanted);
  const test_server taker(port_of(proxy_));
  wanted.is_enabled = true;
  EXPECT_THROW(proxies_.change(wanted), address_error);
  EXPECT_FALSE(proxies_.state("p").settings.is_enabled);
  proxies_.add({.name = "q", .listen = "127.0.0.1:0", .upstream = server_.address(), .is_enabled = false});
  EXPECT_THROW(proxies_.reset(), address_error);
  EXPECT_TRUE(proxies_.state("q").settings.is_enabled) << "the others are reset";
}

TEST_F(faults_engine, moves_a_proxy_to_another_server) {
  auto ends = connect();
  const test_server other;
  auto wanted = proxies_.state("p").settings;
  wanted.upstream = other.address();
  proxies_.change(wanted);
  EXPECT_TRUE(ends.client.is_at_end());
  const auto client = connect_to(proxy_);
  const auto moved = other.accept();
  client.send("x");
  EXPECT_EQ(moved.read(1), "x");
}

TEST_F(faults_engine, refuses_what_it_cannot_do_and_stays_as_it_was) {
  EXPECT_THROW(proxies_.add({.name = "p", .listen = "127.0.0.1:0", .upstream = "127.0.0.1:1"}), taken_name);
  EXPECT_THROW(proxies_.add({.name = "q", .listen = proxy_, .upstream = "127.0.0.1:1"}), address_error);
  EXPECT_THROW(proxies_.add({.name = "q", .listen = "0.0.0.0:0", .upstream = "127.0.0.1:1"}), std::invalid_argument);
  EXPECT_THROW(proxies_.remove("q"), unknown_name);
  EXPECT_THROW(toxic("down", stream::upstream), settings_error);
  EXPECT_THROW(proxies_.remove_toxic("p", "x"), unknown_name);
  toxic("latency", stream::upstream);
  EXPECT_THROW(toxic("latency", stream::upstream), taken_name);
  const test_server other;
  auto wanted = proxies_.state("p").settings;
  wanted.listen = other.address();
  EXPECT_THROW(proxies_.change(wanted), address_error);
  const auto ends = connect();
  ends.client.send("x");
  EXPECT_EQ(ends.server.read(1), "x");
}

TEST_F(faults_engine, says_so_once_it_has_been_stopped) {
  proxies_.stop();
  EXPECT_THROW(proxies_.states(), std::runtime_error);
  int problem = 0;
  connect_to(proxy_, &problem);
  EXPECT_EQ(problem, ECONNREFUSED);
}

TEST(address, of_a_socket_that_talks_to_itself_is_noticed) {
  const test_socket itself(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  auto place = loopback_place(0);
  socklen_t size = sizeof place;
  ASSERT_EQ(bind(itself.number(), reinterpret_cast<sockaddr*>(&place), size), 0);
  getsockname(itself.number(), reinterpret_cast<sockaddr*>(&place), &size);
  ASSERT_EQ(connect(itself.number(), reinterpret_cast<sockaddr*>(&place), size), 0);
  EXPECT_TRUE(is_connected_with_itself(itself.number()));
  const test_server server;
  EXPECT_FALSE(is_connected_with_itself(connect_to(server.address()).number()));
}

TEST(address, is_taken_apart_or_refused) {
  EXPECT_EQ(split_address("[::1]:80").host, "::1");
  EXPECT_EQ(split_address("cloud.example:7070").port, "7070");
  for (const char* wrong :
       {"", "localhost", ":80", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:70000", "::1:80", "[]:80", "[a]:80"})
    EXPECT_THROW(split_address(wrong), std::invalid_argument) << wrong;
  EXPECT_THROW(split_listen_address("192.0.2.1:80"), std::invalid_argument);
  EXPECT_NO_THROW(split_listen_address("[::1]:0"));
  EXPECT_EQ(to_string(look_up({"127.0.0.1", "80"})), "127.0.0.1:80");
  EXPECT_THROW(look_up({std::string(300, 'x'), "80"}), address_error);
}

}  // namespace
}  // namespace dvfo::link::faults
