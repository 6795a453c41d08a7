#include "actors/publish.hpp"

#include <arpa/inet.h>

#include <caf/io/middleman.hpp>

namespace dvfo::actors {

bool is_loopback(const std::string& host) {
  if (host == "localhost") return true;
  in_addr v4{};
  if (inet_pton(AF_INET, host.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  in6_addr v6{};
  return inet_pton(AF_INET6, host.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

std::uint16_t publish_remote(caf::actor_system& system, const remote_inference_actor& remote, const std::string& host,
                             std::uint16_t port) {
  if (!is_loopback(host)) {
    throw publish_error("cannot listen on " + host +
                        ": without TLS only loopback (127.0.0.1, ::1, localhost) is allowed, because "
                        "any peer of the plain protocol is trusted; listen on 127.0.0.1 and let a tunnel carry it");
  }
  const auto address = host == "localhost" ? std::string("127.0.0.1") : host;
  const auto opened = system.middleman().publish(remote, port, address.c_str(), true);
  if (!opened) {
    throw publish_error("cannot listen on " + host + ":" + std::to_string(port) + ": " +
                        caf::to_string(opened.error()) + "; choose a free port, or stop what holds this one");
  }
  return *opened;
}

void unpublish_remote(caf::actor_system& system, const remote_inference_actor& remote, std::uint16_t port) {
  system.middleman().unpublish(remote, port);
}

}  // namespace dvfo::actors
