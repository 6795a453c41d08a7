#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <stdexcept>
#include <string>

namespace dvfo::link::faults {

/// An address cannot be used: nobody knows the name, or another program has the port.
class address_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// "HOST:PORT" or "[IPV6]:PORT", taken apart. Names are not looked up.
struct host_and_port {
  std::string host;
  std::string port;
};

/// Throws std::invalid_argument that says what was found and what is expected.
host_and_port split_address(const std::string& text);

/// As split_address, for an address that a proxy may listen on: loopback alone. Whoever reaches a proxy reaches what is
/// behind it, which may trust everyone on its own machine.
host_and_port split_listen_address(const std::string& text);

/// A TCP address as the kernel takes it.
struct endpoint {
  sockaddr_storage place{};
  socklen_t size = sizeof(sockaddr_storage);

  [[nodiscard]] const sockaddr* address() const { return reinterpret_cast<const sockaddr*>(&place); }
  sockaddr* address() { return reinterpret_cast<sockaddr*>(&place); }
};

/// Looks a name up, which may take seconds. Throws address_error.
endpoint look_up(const host_and_port& where);

/// "127.0.0.1:7070", "[::1]:7070".
std::string to_string(const endpoint& where);

/// Where nobody listens on a port that the kernel may give to a client, it sometimes gives it to the very socket that
/// connects there: that one then talks to itself, and holds the server's port.
bool is_connected_with_itself(int socket);

}  // namespace dvfo::link::faults
