#include "link/faults/connection.hpp"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>
#include <utility>
#include <vector>

namespace dvfo::link::faults {
namespace {

/// A server that does not answer for this long is not there.
constexpr std::chrono::seconds longest_connecting{10};

/// After a toxic has closed a connection, its ends may take this long to notice. Closed at once, with bytes unread, the
/// kernel would send a reset that overtakes what has been delivered.
constexpr std::chrono::seconds longest_lingering{1};

constexpr std::size_t read_bytes = 16'384;

/// What one way moves before the other connections have their turn.
constexpr std::size_t turn_bytes = 16 * read_bytes;

bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK; }

void send_small_ones_at_once(const descriptor& socket) {
  const int on = 1;
  setsockopt(socket.number(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

std::string peer_of(const descriptor& socket) {
  endpoint peer;
  return getpeername(socket.number(), peer.address(), &peer.size) == 0 ? to_string(peer) : "?";
}

}  // namespace

connection::connection(loop& turns, owner& whose, std::uint64_t number, descriptor client)
    : loop_(turns), owner_(whose), number_(number), client_(peer_of(client)) {
  near_.socket = std::move(client);
}

/// What goes wrong with one connection, memory running out included, ends that one.
template <class Work>
void connection::guarded(const Work& work) {
  try {
    work();
  } catch (const std::exception& problem) {
    close(problem.what());
  }
}

void connection::side::changed(std::uint32_t events) {
  constexpr std::uint32_t both = EPOLLHUP | EPOLLERR;
  if ((events & (both | EPOLLIN | EPOLLRDHUP)) != 0) is_readable = true;
  if ((events & (both | EPOLLOUT)) != 0) is_writable = true;
  of.changed();
}

void connection::changed() {
  guarded([&] {
    if (phase_ == phase::connecting && far_.is_writable) finish_connecting();
    if (phase_ == phase::open) return pump();
    if (phase_ != phase::lingering) return;
    drain(near_);
    drain(far_);
    if (near_.has_ended && far_.has_ended) close("closed by a toxic");
  });
}

void connection::begin(const endpoint& server) {
  guarded([&] {
    send_small_ones_at_once(near_.socket);
    far_.socket = descriptor(socket(server.place.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!far_.socket.is_open()) return close(fmt::format("no socket: {}", std::strerror(errno)));
    send_small_ones_at_once(far_.socket);
    if (connect(far_.socket.number(), server.address(), server.size) != 0 && errno != EINPROGRESS)
      return close(fmt::format("{} cannot be reached: {}", to_string(server), std::strerror(errno)));
    loop_.wake_at(*this, loop_.now() + longest_connecting);
    loop_.watch(near_.socket, near_);
    loop_.watch(far_.socket, far_);
  });
}

void connection::finish_connecting() {
  int problem = 0;
  socklen_t size = sizeof problem;
  getsockopt(far_.socket.number(), SOL_SOCKET, SO_ERROR, &problem, &size);
  if (problem == 0 && is_connected_with_itself(far_.socket.number())) problem = ECONNREFUSED;
  if (problem != 0) return close(fmt::format("the server cannot be reached: {}", std::strerror(problem)));
  phase_ = phase::open;
  owner_.opened(*this);
}

void connection::wake() {
  guarded([&] {
    if (phase_ == phase::open) return pump();
    if (phase_ == phase::lingering) return close("closed by a toxic");
    if (phase_ == phase::connecting)
      close(fmt::format("the server does not answer within {} s", longest_connecting.count()));
  });
}

void connection::refresh() {
  guarded([&] {
    if (phase_ == phase::open) pump();
  });
}

void connection::pump() {
  bool is_busy = false;
  has_news_ = false;
  for (auto& way : ways_) {
    is_busy |= move(way);
    if (phase_ != phase::open) return;
  }
  if (ways_[0].is_over && ways_[1].is_over) return close("ended");
  if (is_busy || has_news_) return loop_.wake_at(*this, loop_.now());
  auto soonest = ways_[0].pipe.next();
  const auto other = ways_[1].pipe.next();
  if (!soonest || (other && *other < *soonest)) soonest = other;
  loop_.wake_at(*this, soonest);
}

/// True: it could go on, but it is the others' turn.
bool connection::move(one_way& way) {
  for (std::size_t budget = turn_bytes;;) {
    const auto now = loop_.now();
    way.pipe.advance(now);
    if (!deliver(way) || way.pipe.front() || !way.from.is_readable || way.from.has_ended || way.to.is_broken ||
        !way.pipe.accepts(now, owner_.share())) {
      return false;
    }
    if (budget < read_bytes) return true;
    if (!receive(way, now, budget)) return false;
  }
}

/// False: the connection is over.
bool connection::deliver(one_way& way) {
  while (const auto* first = way.pipe.front()) {
    switch (first->what) {
      case chunk::kind::data:
        if (!send_first(way)) return true;
        break;
      case chunk::kind::end:
        way.pipe.pop();
        shutdown(way.to.socket.number(), SHUT_WR);
        way.is_over = true;
        break;
      case chunk::kind::close:
        linger();
        return false;
      case chunk::kind::reset:
        reset();
        return false;
    }
  }
  return true;
}

/// False: the receiver takes no more for now.
bool connection::send_first(one_way& way) {
  const auto* first = way.pipe.front();
  if (way.to.is_broken) {
    way.pipe.pop();
    return true;
  }
  if (!way.to.is_writable) return false;
  const auto done = way.pipe.consumed();
  const auto sent = send(way.to.socket.number(), first->bytes.data() + done, first->bytes.size() - done, MSG_NOSIGNAL);
  if (sent >= 0) {
    way.delivered += static_cast<std::uint64_t>(sent);
    way.pipe.consume(static_cast<std::size_t>(sent));
  } else if (would_block()) {
    way.to.is_writable = false;
    return false;
  } else if (errno != EINTR) {
    broken(way.to);
  }
  return true;
}

/// False: the sender has no more for now.
bool connection::receive(one_way& way, instant now, std::size_t& budget) {
  std::array<char, read_bytes> bytes;
  const auto got = recv(way.from.socket.number(), bytes.data(), bytes.size(), 0);
  if (got > 0) {
    way.pipe.push({now, chunk::kind::data, {bytes.begin(), bytes.begin() + got}});
    budget -= static_cast<std::size_t>(got);
    return true;
  }
  if (got == 0) {
    way.from.has_ended = true;
    way.pipe.push({now, chunk::kind::end});
    return true;
  }
  if (would_block()) {
    way.from.is_readable = false;
    return false;
  }
  if (errno != EINTR) broken(way.from);
  return true;
}

/// The other end learns it in time, by the way on which this one's bytes arrive.
void connection::broken(side& which) {
  if (std::exchange(which.is_broken, true)) return;
  which.has_ended = true;
  auto& way = &which == &near_ ? ways_[0] : ways_[1];
  way.pipe.push({loop_.now(), chunk::kind::reset});
  has_news_ = true;
}

/// Closes in order: what has been delivered is read before the end is seen.
void connection::linger() {
  phase_ = phase::lingering;
  for (const auto* each : {&near_, &far_}) shutdown(each->socket.number(), SHUT_WR);
  loop_.wake_at(*this, loop_.now() + longest_lingering);
  drain(near_);
  drain(far_);
  if (near_.has_ended && far_.has_ended) close("closed by a toxic");
}

void connection::drain(side& which) {
  std::array<char, read_bytes> bytes;
  for (std::size_t i = 0; i < turn_bytes / read_bytes && which.is_readable && !which.has_ended; ++i) {
    const auto got = recv(which.socket.number(), bytes.data(), bytes.size(), 0);
    if (got > 0 || (got < 0 && errno == EINTR)) continue;
    if (got < 0 && would_block()) {
      which.is_readable = false;
    } else {
      which.has_ended = true;
    }
  }
}

void connection::reset() {
  const struct linger abort = {.l_onoff = 1, .l_linger = 0};  // close() discards and sends a reset
  for (const auto* each : {&near_, &far_})
    setsockopt(each->socket.number(), SOL_SOCKET, SO_LINGER, &abort, sizeof abort);
  close("reset");
}

void connection::close(const std::string& reason) {
  if (std::exchange(phase_, phase::closed) == phase::closed) return;
  loop_.wake_at(*this, std::nullopt);
  near_.socket.close();
  far_.socket.close();
  owner_.closed(*this, reason);
}

}  // namespace dvfo::link::faults
