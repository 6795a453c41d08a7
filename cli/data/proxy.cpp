#include "cli/data/proxy.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <memory>
#include <string_view>

#include "configuration/settings.hpp"

namespace dvfo::cli {

using namespace configuration;
namespace {

std::string in_small_letters(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return std::tolower(c); });
  return out;
}

struct named_value {
  std::string name;
  std::string value;
};

/// The variable in small letters before the one in capitals, as everybody reads them.
std::optional<named_value> find(const std::string& name, const environment& variables) {
  if (auto value = variables(name)) return named_value{name, *value};
  std::string capitals(name);
  std::transform(name.begin(), name.end(), capitals.begin(), [](unsigned char c) { return std::toupper(c); });
  if (auto value = variables(capitals)) return named_value{capitals, *value};
  return std::nullopt;
}

struct freed {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
  void operator()(char* text) const { curl_free(text); }
};

/// A URL, taken apart by the HTTP library.
class parsed_url {
 public:
  explicit parsed_url(const std::string& text)
      : url_(curl_url()),
        is_good_(url_ && curl_url_set(url_.get(), CURLUPART_URL, text.c_str(),
                                      CURLU_DEFAULT_SCHEME | CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK) {}
  [[nodiscard]] bool is_good() const { return is_good_; }

  /// Empty where it is not there.
  [[nodiscard]] std::string part(CURLUPart which, unsigned flags = 0) const {
    char* raw = nullptr;
    if (!is_good_ || curl_url_get(url_.get(), which, &raw, flags) != CURLUE_OK) return {};
    return std::unique_ptr<char, freed>(raw).get();
  }
  /// Without the brackets of an IPv6 number, in small letters.
  [[nodiscard]] std::string host() const {
    auto host = in_small_letters(part(CURLUPART_HOST));
    return host.starts_with('[') ? host.substr(1, host.size() - 2) : host;
  }

 private:
  std::unique_ptr<CURLU, freed> url_;
  bool is_good_ = false;
};

proxy parse_proxy(const named_value& from) {
  // The library would take the scheme that it does not find for https.
  const bool has_scheme = from.value.find("://") != std::string::npos;
  const parsed_url url(has_scheme ? from.value : "http://" + from.value);
  if (!url.is_good() || url.part(CURLUPART_SCHEME) != "http") {
    // Not the value itself: a password may stand in it.
    throw usage_error(
        fmt::format("environment variable {} names {}; expected http://HOST:PORT or "
                    "http://USER:PASSWORD@HOST:PORT",
                    from.name,
                    url.is_good() ? fmt::format("a proxy of '{}'", url.part(CURLUPART_SCHEME))
                                  : std::string("no address of a proxy")));
  }
  proxy out;
  out.host = url.host();
  out.port = std::stoi(url.part(CURLUPART_PORT, CURLU_DEFAULT_PORT));
  out.user = url.part(CURLUPART_USER, CURLU_URLDECODE);
  out.password = url.part(CURLUPART_PASSWORD, CURLU_URLDECODE);
  out.variable = from.name;
  return out;
}

/// Whether one entry of no_proxy means this host at this port.
bool is_meant(const std::string& entry, const std::string& host, const std::string& port) {
  if (entry == "*") return true;
  auto domain = in_small_letters(entry);
  // Several colons are an IPv6 number, unless brackets are around it.
  const auto colon = domain.rfind(':');
  const bool has_port = colon != std::string::npos && (domain.find(':') == colon || domain[colon - 1] == ']');
  if (has_port && domain.substr(colon + 1) != port) return false;
  if (has_port) domain.erase(colon);
  if (domain.starts_with('[') && domain.ends_with(']')) domain = domain.substr(1, domain.size() - 2);
  if (domain.starts_with("*.")) domain.erase(0, 1);
  if (domain.starts_with('.')) domain.erase(0, 1);
  return !domain.empty() && (host == domain || host.ends_with("." + domain));
}

bool is_excepted(const std::string& list, const parsed_url& url) {
  const auto host = url.host();
  const auto port = url.part(CURLUPART_PORT, CURLU_DEFAULT_PORT);
  constexpr const char* between = ", \t";
  for (std::size_t at = list.find_first_not_of(between); at != std::string::npos;) {
    const auto end = std::min(list.find_first_of(between, at), list.size());
    if (is_meant(list.substr(at, end - at), host, port)) return true;
    at = list.find_first_not_of(between, end);
  }
  return false;
}

}  // namespace

std::string proxy::address() const {
  const bool is_numeric6 = host.find(':') != std::string::npos;
  return fmt::format("{}:{}", is_numeric6 ? "[" + host + "]" : host, port);
}

std::string proxy::to_string() const { return fmt::format("{}, named by {}", address(), variable); }

std::string host_of(const std::string& url) { return parsed_url(url).host(); }

std::optional<proxy> proxy_of(const std::string& url, const environment& variables) {
  const auto named = find(url.starts_with("https://") ? "https_proxy" : "http_proxy", variables);
  if (!named) return std::nullopt;
  if (const auto list = find("no_proxy", variables); list && is_excepted(list->value, parsed_url(url))) {
    return std::nullopt;
  }
  return parse_proxy(*named);
}

}  // namespace dvfo::cli
