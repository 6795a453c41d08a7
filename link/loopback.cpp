#include "link/loopback.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>

namespace dvfo::link {

bool is_loopback(const std::string& host) {
  if (host == "localhost") return true;
  in_addr v4{};
  if (inet_pton(AF_INET, host.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  in6_addr v6{};
  return inet_pton(AF_INET6, host.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

std::string refusal_of_plain(const std::string& host) {
  if (is_loopback(host)) return {};
  return fmt::format(
      "{} is refused: it is not a loopback address and TLS is not configured. Whoever is at the other end of a plain "
      "connection commands the node; stay on 127.0.0.1, ::1 or localhost, and let a tunnel carry it",
      host);
}

}  // namespace dvfo::link
