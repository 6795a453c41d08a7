#include "configuration/address.hpp"

#include <fmt/format.h>

#include <charconv>

#include "configuration/settings.hpp"

namespace dvfo::configuration {
address parse_address(const std::string& text, const std::string& setting) {
  const auto refuse = [&] {
    return usage_error(fmt::format("--{} is '{}'; expected HOST:PORT with a port from 0 to 65535, e.g. 127.0.0.1:7070",
                                   setting, text));
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
  return where;
}

std::string to_string(const address& where) {
  const bool numeric6 = where.host.find(':') != std::string::npos;
  return numeric6 ? fmt::format("[{}]:{}", where.host, where.port) : fmt::format("{}:{}", where.host, where.port);
}

}  // namespace dvfo::configuration
