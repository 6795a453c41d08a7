#include "actors/transport/publish.hpp"

#include <caf/io/middleman.hpp>

#include "link/loopback.hpp"

namespace dvfo::actors {

std::uint16_t publish_remote(caf::actor_system& system, const remote_inference_actor& remote, const std::string& host,
                             std::uint16_t port) {
  if (const auto why = link::refusal_of_plain(host); !why.empty()) throw publish_error("cannot listen: " + why);
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
