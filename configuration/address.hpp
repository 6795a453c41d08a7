#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace dvfo::configuration {

/// An address cannot be used: refused by rule, taken by another program, or nobody answers. Programs end with
/// exit_network.
class network_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A host (name or number) and a TCP port.
struct address {
  std::string host;
  std::uint16_t port = 0;
};

/// Parses "HOST:PORT" or "[IPV6]:PORT". Throws usage_error naming `setting`, what was found and what is expected.
address parse_address(const std::string& text, const std::string& setting, std::uint16_t lowest_port = 0);

/// The one judge of an address that a node may listen on: parse_address, and network_error saying why and what to do
/// for one that plain connections are not for (link/loopback.hpp). Port 0 is any free one.
address listen_address(const std::string& text, const std::string& setting);

/// The same for an address that a node may connect to, for whoever connects and whoever says whether one could; port 0
/// is no place to connect to.
address cloud_address(const std::string& text, const std::string& setting);

/// "HOST:PORT", with brackets around an IPv6 number.
std::string to_string(const address& where);

}  // namespace dvfo::configuration
