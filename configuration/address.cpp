#include "configuration/address.hpp"

#include <fmt/format.h>

#include <charconv>

#include "configuration/settings.hpp"
#include "link/loopback.hpp"

namespace dvfo::configuration {
namespace {

address allowed(address where, const std::string& setting) {
  const auto why = link::refusal_of_plain(where.host);
  if (!why.empty()) throw network_error(fmt::format("--{} {}: {}", setting, to_string(where), why));
  return where;
}

}  // namespace

address parse_address(const std::string& text, const std::string& setting, std::uint16_t lowest_port) {
  const auto refuse = [&] {
    return usage_error(fmt::format("--{} is '{}'; expected HOST:PORT with a port from {} to 65535, e.g. 127.0.0.1:7070",
                                   setting, text, lowest_port));
  };
  const auto colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) throw refuse();
  address where;
  where.host = text.substr(0, colon);
  if (where.host.front() == '[') {
    if (where.host.back() != ']' || where.host.size() < 3) throw refuse();
    where.host = where.host.substr(1, where.host.size() - 2);
  } else if (where.host.find(':') != std::string::npos) {
    throw refuse();
  }
  const auto* end = text.data() + text.size();
  const auto [stop, problem] = std::from_chars(text.data() + colon + 1, end, where.port);
  if (problem != std::errc() || stop != end || colon + 1 == text.size()) throw refuse();
  if (where.port < lowest_port) throw refuse();
  return where;
}

address listen_address(const std::string& text, const std::string& setting) {
  return allowed(parse_address(text, setting), setting);
}

address cloud_address(const std::string& text, const std::string& setting) {
  return allowed(parse_address(text, setting, 1), setting);
}

std::string to_string(const address& where) {
  const bool numeric6 = where.host.find(':') != std::string::npos;
  return numeric6 ? fmt::format("[{}]:{}", where.host, where.port) : fmt::format("{}:{}", where.host, where.port);
}

}  // namespace dvfo::configuration
