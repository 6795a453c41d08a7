#include "tests/link/faults/engine_fixture.hpp"

namespace dvfo::link::faults {
namespace {

/// Each toxic on real connections: whole bytes, in order, and no sooner than it allows. How late they come is the
/// machine's affair.
class toxics_on_sockets : public engine_fixture {};

TEST_F(toxics_on_sockets, latency_delays_each_way_by_itself) {
  toxic("latency", stream::upstream, {{"latency", 60.0}});
  const auto ends = connect();
  EXPECT_GE(seconds_of([&] {
              ends.client.send("ping");
              EXPECT_EQ(ends.server.read(4), "ping");
            }),
            0.06);
  ends.server.send("pong");
  EXPECT_EQ(ends.client.read(4), "pong");
}

TEST_F(toxics_on_sockets, bandwidth_paces_a_transfer) {
  toxic("bandwidth", stream::downstream, {{"rate", 500.0}});
  const auto ends = connect();
  const auto sent = pattern(30'000);
  EXPECT_GE(seconds_of([&] {
              ends.server.send(sent);
              EXPECT_EQ(ends.client.read(sent.size()), sent);
            }),
            0.06);
}

TEST_F(toxics_on_sockets, loss_delays_and_loses_nothing) {
  toxic("loss", stream::upstream, {{"loss_rate", 0.5}, {"rto", 5.0}});
  const auto ends = connect();
  const auto sent = pattern(50'000);
  ends.client.send(sent);
  EXPECT_EQ(ends.server.read(sent.size()), sent);
}

TEST_F(toxics_on_sockets, loss_of_everything_is_a_partition_that_heals) {
  toxic("loss", stream::upstream, {{"loss_rate", 1.0}});
  const auto ends = connect();
  ends.client.send("held");
  ends.server.send("the other way is open");
  EXPECT_EQ(ends.client.read(21), "the other way is open");
  EXPECT_TRUE(ends.server.is_silent());
  proxies_.remove_toxic("p", "loss");
  EXPECT_EQ(ends.server.read(4), "held");
}

TEST_F(toxics_on_sockets, slicer_sends_every_byte_in_order) {
  toxic("slicer", stream::upstream, {{"average_size", 50.0}, {"size_variation", 20.0}, {"delay", 100.0}});
  const auto ends = connect();
  const auto sent = pattern(10'000);
  EXPECT_GE(seconds_of([&] {
              ends.client.send(sent);
              EXPECT_EQ(ends.server.read(sent.size()), sent);
            }),
            140 * 100e-6);  // at least 10,000 / 70 slices, one gap fewer
}

TEST_F(toxics_on_sockets, corrupt_flips_bits_and_keeps_the_length) {
  toxic("corrupt", stream::upstream, {{"probability", 0.01}});
  const auto ends = connect();
  const auto sent = pattern(20'000);
  ends.client.send(sent);
  ends.client.say_no_more();
  const auto got = ends.server.read(sent.size() + 1);
  ASSERT_EQ(got.size(), sent.size());
  EXPECT_NE(got, sent);
}

TEST_F(toxics_on_sockets, timeout_swallows_and_closes) {
  toxic("timeout", stream::upstream, {{"timeout", 50.0}});
  const auto ends = connect();
  ends.client.send("lost");
  EXPECT_TRUE(ends.client.is_at_end());
  EXPECT_TRUE(ends.server.is_at_end()) << "nothing arrived before the end";
}

TEST_F(toxics_on_sockets, timeout_without_an_end_hides_that_an_end_has_gone) {
  toxic("timeout", stream::upstream);
  auto ends = connect();
  ends.client.send("lost");
  ends.client.close();
  const auto later = connect();
  later.server.send("x");
  EXPECT_EQ(later.client.read(1), "x") << "by now the proxy has seen what the first client did";
  EXPECT_TRUE(ends.server.is_silent());
  proxies_.remove_toxic("p", "timeout");
  EXPECT_TRUE(ends.server.is_at_end()) << "a stream with a hole cannot go on";
}

TEST_F(toxics_on_sockets, limit_data_closes_behind_the_last_byte) {
  toxic("limit_data", stream::downstream, {{"bytes", 1000.0}});
  auto ends = connect();
  const auto sent = pattern(5000);
  ends.client.send("unread by the server");
  ends.server.send(sent);
  EXPECT_EQ(ends.client.read(5000), sent.substr(0, 1000)) << "all that is granted arrives, and then the end";
  ends.client.close();
  ends.server.close();
  EXPECT_EQ(closed(1)->bytes_downstream, 1000U);
}

TEST_F(toxics_on_sockets, reset_peer_breaks_both_ends) {
  const auto ends = connect();
  ends.client.send("x");
  EXPECT_EQ(ends.server.read(1), "x");
  toxic("reset_peer", stream::downstream);
  EXPECT_TRUE(ends.client.is_reset());
  EXPECT_TRUE(ends.server.is_reset());
  EXPECT_EQ(closed(1)->reason, "reset");
}

TEST_F(toxics_on_sockets, reset_peer_lets_the_connection_work_until_then) {
  toxic("reset_peer", stream::upstream, {{"timeout", 30.0}});
  EXPECT_GE(seconds_of([&] {
              const auto ends = connect();
              EXPECT_TRUE(ends.server.is_reset());
            }),
            0.03);
}

TEST_F(toxics_on_sockets, slow_close_holds_the_end_back) {
  toxic("slow_close", stream::upstream, {{"delay", 60.0}});
  const auto ends = connect();
  ends.client.send("x");
  EXPECT_GE(seconds_of([&] {
              ends.client.say_no_more();
              EXPECT_EQ(ends.server.read(1), "x");
              EXPECT_TRUE(ends.server.is_at_end());
            }),
            0.06);
}

TEST_F(toxics_on_sockets, down_refuses_closes_and_comes_back_on_the_same_port) {
  auto ends = connect();
  auto wanted = proxies_.state("p").settings;
  wanted.is_enabled = false;
  proxies_.change(wanted);
  EXPECT_TRUE(ends.client.is_at_end());
  EXPECT_TRUE(ends.server.is_at_end());
  int problem = 0;
  connect_to(proxy_, &problem);
  EXPECT_EQ(problem, ECONNREFUSED);
  wanted.is_enabled = true;
  EXPECT_EQ(proxies_.change(wanted).settings.listen, proxy_);
  const auto again = connect();
  again.client.send("back");
  EXPECT_EQ(again.server.read(4), "back");
}

TEST_F(toxics_on_sockets, toxicity_draws_connections_and_the_same_again) {
  const auto drawn = [&](const std::string& name) {
    std::vector<bool> out;
    const auto where =
        proxies_.add({.name = name, .listen = "127.0.0.1:0", .upstream = server_.address()}).settings.listen;
    proxies_.add_toxic(name,
                       prepare({.name = "cut", .type = "limit_data", .toxicity = 0.5, .attributes = {{"bytes", 0.0}}}));
    for (int i = 0; i < 40; ++i) {
      const auto client = connect_to(where);
      const auto server = server_.accept();
      server.send("x");
      out.push_back(client.read(1).empty());
    }
    proxies_.remove(name);
    return out;
  };
  const auto first = drawn("q");
  const auto hit = std::count(first.begin(), first.end(), true);
  EXPECT_GT(hit, 8);
  EXPECT_LT(hit, 32);
  EXPECT_EQ(drawn("q"), first) << "the same seed, names and numbers";
  EXPECT_NE(drawn("r"), first);
}

TEST_F(toxics_on_sockets, toxics_come_and_go_on_a_connection_that_is_open) {
  const auto ends = connect();
  ends.client.send("a");
  EXPECT_EQ(ends.server.read(1), "a");
  toxic("latency", stream::upstream, {{"latency", 40.0}});
  EXPECT_GE(seconds_of([&] {
              ends.client.send("b");
              EXPECT_EQ(ends.server.read(1), "b");
            }),
            0.04);
  proxies_.change_toxic(
      "p", prepare({.name = "latency", .type = "latency", .way = stream::upstream, .attributes = {{"latency", 1e8}}}));
  ends.client.send("c");
  proxies_.remove_toxic("p", "latency");
  EXPECT_EQ(ends.server.read(1), "c") << "what was held goes on at once";
}

}  // namespace
}  // namespace dvfo::link::faults
