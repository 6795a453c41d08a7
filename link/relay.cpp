#include "link/relay.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <deque>
#include <optional>
#include <stdexcept>
#include <vector>

namespace dvfo::link {
namespace {

using clock = std::chrono::steady_clock;

/// Read at a time: small enough that the delay of a piece is that of its bytes.
constexpr std::size_t piece_bytes = 1448;  // what a frame of Ethernet carries

/// What may wait in front of the link; then the sender waits.
constexpr std::chrono::milliseconds longest_queue{20};

/// Before the next attempt to accept where the system had nothing left for a connection.
constexpr std::chrono::milliseconds breath{100};

struct piece {
  clock::time_point due;
  std::vector<char> bytes;
};

clock::duration seconds(double value) {
  return std::chrono::duration_cast<clock::duration>(std::chrono::duration<double>(value));
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(port);
  out.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return out;
}

void send_small_ones_at_once(int socket) {
  const int on = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

[[noreturn]] void fail(const char* what) {
  throw std::runtime_error(fmt::format("the relay cannot {}: {}", what, std::strerror(errno)));
}

bool send_all(int socket, const std::vector<char>& bytes) {
  for (std::size_t sent = 0; sent < bytes.size();) {
    const auto count = send(socket, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (count <= 0) return false;
    sent += static_cast<std::size_t>(count);
  }
  return true;
}

/// Waits for bytes, or for the end of the connection; false at `until`, where that is given.
bool is_readable_before(int socket, std::optional<clock::time_point> until) {
  const auto left = std::max(clock::duration(0), until.value_or(clock::time_point()) - clock::now());
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(left);
  const timespec wait{.tv_sec = whole.count(),
                      .tv_nsec = std::chrono::duration_cast<std::chrono::nanoseconds>(left - whole).count()};
  pollfd watched{.fd = socket, .events = POLLIN, .revents = 0};
  return ppoll(&watched, 1, until ? &wait : nullptr, nullptr) > 0;
}

}  // namespace

relay::relay(std::uint16_t target_port, double bits_per_second, double delay_seconds)
    : target_port_(target_port), bits_per_second_(bits_per_second), delay_seconds_(delay_seconds) {
  if (!(bits_per_second > 0.0) || !(delay_seconds >= 0.0)) {
    throw std::invalid_argument(fmt::format("a link of {} bit/s and {} s; expected more than 0, and at least 0",
                                            bits_per_second, delay_seconds));
  }
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (listener_ < 0) fail("open a socket");
  auto place = loopback(0);
  socklen_t size = sizeof place;
  if (bind(listener_, reinterpret_cast<sockaddr*>(&place), size) != 0 || listen(listener_, 8) != 0 ||
      getsockname(listener_, reinterpret_cast<sockaddr*>(&place), &size) != 0) {
    close(listener_);
    fail("listen");
  }
  address_ = fmt::format("127.0.0.1:{}", ntohs(place.sin_port));
  acceptor_ = std::thread([this] { accept_all(); });
}

relay::~relay() {
  stop_ = true;
  shutdown(listener_, SHUT_RDWR);  // ends accept(), as the next ones end what waits for bytes
  acceptor_.join();
  for (const int each : sockets_) shutdown(each, SHUT_RDWR);
  for (auto& each : directions_) each.join();
  for (const int each : sockets_) close(each);
  close(listener_);
}

void relay::accept_all() {
  while (!stop_) {
    const int near = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (near < 0) {
      if (!stop_ && errno != EINTR && errno != ECONNABORTED) std::this_thread::sleep_for(breath);
      continue;
    }
    const int far = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto place = loopback(target_port_);
    if (far < 0 || connect(far, reinterpret_cast<const sockaddr*>(&place), sizeof place) != 0) {
      if (far >= 0) close(far);
      close(near);
      continue;
    }
    for (const int each : {near, far}) send_small_ones_at_once(each);
    sockets_.insert(sockets_.end(), {near, far});
    directions_.emplace_back([this, near, far] { pass_on(near, far); });
    directions_.emplace_back([this, near, far] { pass_on(far, near); });
  }
}

/// One way of one connection: a byte leaves when those before it have left, and arrives a delay later.
void relay::pass_on(int from, int to) const {
  std::deque<piece> under_way;
  auto is_free_at = clock::now();
  bool is_open = true;
  while (!stop_ && (is_open || !under_way.empty())) {
    const auto now = clock::now();
    while (!under_way.empty() && under_way.front().due <= now) {
      if (!send_all(to, under_way.front().bytes)) return;
      under_way.pop_front();
    }
    if (!is_open && under_way.empty()) break;
    if (!is_open || is_free_at > now + longest_queue) {
      std::this_thread::sleep_until(under_way.front().due);  // what the link is not free for is under way
      continue;
    }
    const auto next = under_way.empty() ? std::nullopt : std::optional(under_way.front().due);
    if (!is_readable_before(from, next)) continue;
    std::vector<char> bytes(piece_bytes);
    const auto count = recv(from, bytes.data(), bytes.size(), 0);
    if (count <= 0) {
      is_open = false;
      continue;
    }
    bytes.resize(static_cast<std::size_t>(count));
    is_free_at = std::max(is_free_at, clock::now()) + seconds(8.0 * static_cast<double>(count) / bits_per_second_);
    under_way.push_back({is_free_at + seconds(delay_seconds_), std::move(bytes)});
  }
  shutdown(to, SHUT_WR);
}

}  // namespace dvfo::link
