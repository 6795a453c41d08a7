#include "link/relay.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>

namespace dvfo::link {
namespace {

sockaddr_in place_of(int port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(static_cast<std::uint16_t>(port));
  out.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return out;
}

/// Sends back what one client sends, until that has no more.
class echo {
 public:
  echo() : listener_(socket(AF_INET, SOCK_STREAM, 0)) {
    auto place = place_of(0);
    socklen_t size = sizeof place;
    EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&place), size), 0);
    EXPECT_EQ(listen(listener_, 1), 0);
    getsockname(listener_, reinterpret_cast<sockaddr*>(&place), &size);
    port = ntohs(place.sin_port);
    thread_ = std::thread([this] {
      const int client = accept(listener_, nullptr, nullptr);
      char bytes[4096];
      for (ssize_t count = 0; (count = recv(client, bytes, sizeof bytes, 0)) > 0;) {
        send(client, bytes, static_cast<std::size_t>(count), MSG_NOSIGNAL);
      }
      close(client);
    });
  }
  ~echo() {
    thread_.join();
    close(listener_);
  }
  echo(const echo&) = delete;
  echo& operator=(const echo&) = delete;

  std::uint16_t port = 0;

 private:
  int listener_;
  std::thread thread_;
};

int connect_to(const std::string& address) {
  const int out = socket(AF_INET, SOCK_STREAM, 0);
  const auto place = place_of(std::stoi(address.substr(address.find(':') + 1)));
  EXPECT_EQ(connect(out, reinterpret_cast<const sockaddr*>(&place), sizeof place), 0);
  return out;
}

TEST(relay, bytes_arrive_whole_and_no_sooner_than_the_link_lets_them) {
  constexpr double bits_per_second = 4e6;
  constexpr double delay = 0.003;
  const echo server;
  const relay link(server.port, bits_per_second, delay);
  const int here = connect_to(link.address());
  std::string sent;
  for (int i = 0; i < 20'000; ++i) sent.push_back(static_cast<char>(i * 7));
  const auto begun = std::chrono::steady_clock::now();
  ASSERT_EQ(send(here, sent.data(), sent.size(), MSG_NOSIGNAL), static_cast<ssize_t>(sent.size()));
  std::string got;
  char bytes[4096];
  while (got.size() < sent.size()) {
    const auto count = recv(here, bytes, sizeof bytes, 0);
    ASSERT_GT(count, 0);
    got.append(bytes, static_cast<std::size_t>(count));
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  EXPECT_EQ(got, sent);
  EXPECT_GE(took.count(), 8.0 * static_cast<double>(sent.size()) / bits_per_second + 2.0 * delay);
  close(here);
}

TEST(relay, an_end_that_closes_is_an_end_that_closes_at_the_other_side) {
  const echo server;
  const relay link(server.port, 1e9, 0.0);
  const int here = connect_to(link.address());
  shutdown(here, SHUT_WR);
  char byte = 0;
  EXPECT_EQ(recv(here, &byte, 1, 0), 0) << "the server saw the end and closed";
  close(here);
}

TEST(relay, nobody_behind_it_closes_the_connection) {
  std::uint16_t nowhere = 0;
  {
    const int free_port = socket(AF_INET, SOCK_STREAM, 0);
    auto place = place_of(0);
    socklen_t size = sizeof place;
    ASSERT_EQ(bind(free_port, reinterpret_cast<sockaddr*>(&place), size), 0);
    getsockname(free_port, reinterpret_cast<sockaddr*>(&place), &size);
    nowhere = ntohs(place.sin_port);
    close(free_port);
  }
  const relay link(nowhere, 1e6, 0.0);
  const int here = connect_to(link.address());
  char byte = 0;
  EXPECT_LE(recv(here, &byte, 1, 0), 0);
  close(here);
}

TEST(relay, impossible_links_are_refused) {
  EXPECT_THROW(relay(1, 0.0, 0.0), std::invalid_argument);
  EXPECT_THROW(relay(1, 1e6, -1.0), std::invalid_argument);
}

}  // namespace
}  // namespace dvfo::link
