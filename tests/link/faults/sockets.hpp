#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <string>
#include <utility>

namespace dvfo::link::faults {

/// One end of a connection. Every wait ends after half a minute at the latest, with a failure of the test.
class test_socket {
 public:
  explicit test_socket(int number) : number_(number) {
    const timeval longest{.tv_sec = 30, .tv_usec = 0};
    setsockopt(number_, SOL_SOCKET, SO_RCVTIMEO, &longest, sizeof longest);
    setsockopt(number_, SOL_SOCKET, SO_SNDTIMEO, &longest, sizeof longest);
    const int on = 1;
    setsockopt(number_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  ~test_socket() { close(); }
  test_socket(test_socket&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  test_socket& operator=(test_socket&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }

  [[nodiscard]] int number() const { return number_; }

  void send(const std::string& bytes) const {
    for (std::size_t done = 0; done < bytes.size();) {
      const auto count = ::send(number_, bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
      ASSERT_GT(count, 0) << "errno " << errno;
      done += static_cast<std::size_t>(count);
    }
  }

  /// `count` bytes, or what comes before the end.
  [[nodiscard]] std::string read(std::size_t count) const {
    std::string out;
    std::array<char, 65536> block;
    while (out.size() < count) {
      const auto got = recv(number_, block.data(), std::min(block.size(), count - out.size()), 0);
      if (got <= 0) break;
      out.append(block.data(), static_cast<std::size_t>(got));
    }
    return out;
  }

  /// Whether the next thing to read is the end of what the other side says.
  [[nodiscard]] bool is_at_end() const {
    char byte = 0;
    const auto got = recv(number_, &byte, 1, 0);
    return got == 0;
  }

  /// Whether the other side has broken the connection.
  [[nodiscard]] bool is_reset() const {
    char byte = 0;
    return recv(number_, &byte, 1, 0) < 0 && errno == ECONNRESET;
  }

  /// Whether nothing can be read now.
  [[nodiscard]] bool is_silent() const {
    char byte = 0;
    return recv(number_, &byte, 1, MSG_DONTWAIT | MSG_PEEK) < 0 && errno == EAGAIN;
  }

  void say_no_more() const { shutdown(number_, SHUT_WR); }

  void break_off() {
    const struct linger abort = {.l_onoff = 1, .l_linger = 0};
    setsockopt(number_, SOL_SOCKET, SO_LINGER, &abort, sizeof abort);
    close();
  }

  void close() {
    if (number_ >= 0) ::close(std::exchange(number_, -1));
  }

 private:
  int number_;
};

inline sockaddr_in loopback_place(int port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(static_cast<std::uint16_t>(port));
  out.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return out;
}

/// A server whose connections the test itself takes and serves.
class test_server {
 public:
  /// Port 0: a free one; others may be bound already by somebody who does not listen and does not mind.
  explicit test_server(int port = 0) : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    auto place = loopback_place(port);
    socklen_t size = sizeof place;
    const int on = 1;
    setsockopt(listener_.number(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    EXPECT_EQ(bind(listener_.number(), reinterpret_cast<sockaddr*>(&place), size), 0);
    EXPECT_EQ(listen(listener_.number(), 128), 0);
    getsockname(listener_.number(), reinterpret_cast<sockaddr*>(&place), &size);
    address_ = "127.0.0.1:" + std::to_string(ntohs(place.sin_port));
  }

  [[nodiscard]] const std::string& address() const { return address_; }

  [[nodiscard]] test_socket accept() const {
    const int got = accept4(listener_.number(), nullptr, nullptr, SOCK_CLOEXEC);
    EXPECT_GE(got, 0) << "nobody connected";
    return test_socket(got);
  }

 private:
  test_socket listener_;
  std::string address_;
};

inline int port_of(const std::string& address) { return std::stoi(address.substr(address.rfind(':') + 1)); }

/// A client; `problem` receives errno where it cannot connect.
inline test_socket connect_to(const std::string& address, int* problem = nullptr) {
  test_socket out(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const auto place = loopback_place(port_of(address));
  const int result = connect(out.number(), reinterpret_cast<const sockaddr*>(&place), sizeof place);
  if (problem) {
    *problem = result == 0 ? 0 : errno;
  } else {
    EXPECT_EQ(result, 0) << "errno " << errno;
  }
  return out;
}

}  // namespace dvfo::link::faults
