#include "link/faults/address.hpp"

#include <fmt/format.h>
#include <netdb.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <utility>

#include "link/loopback.hpp"

namespace dvfo::link::faults {
namespace {

bool is_port(const std::string& text) {
  std::uint16_t number = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, problem] = std::from_chars(text.data(), end, number);
  return problem == std::errc() && stop == end;
}

}  // namespace

host_and_port split_address(const std::string& text) {
  const auto refuse = [&] {
    return std::invalid_argument(
        fmt::format("'{}' is no address; expected HOST:PORT or [IPV6]:PORT, e.g. 127.0.0.1:7070", text));
  };
  const auto colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) throw refuse();
  host_and_port out{text.substr(0, colon), text.substr(colon + 1)};
  if (!is_port(out.port)) throw refuse();
  const bool is_bracketed = out.host.size() > 2 && out.host.front() == '[' && out.host.back() == ']';
  if (is_bracketed) out.host = out.host.substr(1, out.host.size() - 2);
  if ((out.host.find_first_of(":[]") != std::string::npos) != is_bracketed) throw refuse();
  return out;
}

host_and_port split_listen_address(const std::string& text) {
  auto out = split_address(text);
  if (is_loopback(out.host)) return out;
  throw std::invalid_argument(fmt::format(
      "'{}' is not on loopback; expected 127.0.0.1, ::1 or localhost, because whoever reaches a proxy reaches what is "
      "behind it. Run the proxy on the machine whose program connects through it",
      text));
}

endpoint look_up(const host_and_port& where) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int problem = getaddrinfo(where.host.c_str(), where.port.c_str(), &hints, &found);
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, &freeaddrinfo);
  if (problem != 0) {
    throw address_error(fmt::format("{}:{} cannot be looked up: {}; expected a host that this machine knows",
                                    where.host, where.port, gai_strerror(problem)));
  }
  // Most servers of this machine listen on IPv4, and "localhost" is both.
  const addrinfo* chosen = found;
  for (const auto* each = found; each; each = each->ai_next) {
    if (each->ai_family == AF_INET) {
      chosen = each;
      break;
    }
  }
  endpoint out;
  out.size = chosen->ai_addrlen;
  std::copy_n(reinterpret_cast<const char*>(chosen->ai_addr), chosen->ai_addrlen, reinterpret_cast<char*>(&out.place));
  return out;
}

std::string to_string(const endpoint& where) {
  char host[NI_MAXHOST];
  char port[NI_MAXSERV];
  if (getnameinfo(where.address(), where.size, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV) !=
      0)
    return "?";
  return where.place.ss_family == AF_INET6 ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

bool is_connected_with_itself(int socket) {
  endpoint here;
  endpoint there;
  return getsockname(socket, here.address(), &here.size) == 0 &&
         getpeername(socket, there.address(), &there.size) == 0 && to_string(here) == to_string(there);
}

}  // namespace dvfo::link::faults
