#pragma once

#include <optional>
#include <string>

#include "configuration/variables.hpp"

namespace dvfo::cli {

/// An HTTP proxy, and the variable that names it.
struct proxy {
  std::string host;
  int port = 0;
  std::string user;      ///< empty: none is sent
  std::string password;  ///< as typed, no longer percent-encoded
  std::string variable;  ///< "https_proxy"

  /// "127.0.0.1:3128", with brackets around an IPv6 number.
  [[nodiscard]] std::string address() const;

  /// "127.0.0.1:3128, named by https_proxy": never with name and password.
  [[nodiscard]] std::string to_string() const;
};

/// The host of an address in small letters, without the brackets of an IPv6 number; empty where there is none.
std::string host_of(const std::string& url);

/// The proxy that a request to `url` (http:// or https://) goes through, as curl, wget and most others choose it:
/// http_proxy or https_proxy by the scheme of the address, unless no_proxy names its host; each in capitals, too.
/// no_proxy lists hosts and domains with commas between, each with all that is below it, a port behind a colon where it
/// is meant alone, or '*' for every host. Nothing: no proxy. Throws usage_error for a variable that names no HTTP
/// proxy.
std::optional<proxy> proxy_of(const std::string& url, const configuration::environment& variables);

}  // namespace dvfo::cli
