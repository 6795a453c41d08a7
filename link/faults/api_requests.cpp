#include "link/faults/api_requests.hpp"

#include <fmt/format.h>

#include <utility>

#include "link/faults/json.hpp"

namespace dvfo::link::faults {
namespace {

using nlohmann::json;

/// Toxiproxy's own where a request names no address.
constexpr const char* any_port = "localhost:0";

void expect_object(const json& body, const char* what) {
  if (!body.is_object())
    throw bad_request(fmt::format("bad request body: {} is {}; expected an object", what, body.type_name()));
}

/// The field, where the body has it and it is not null.
const json* field(const json& body, const char* name) {
  const auto found = body.find(name);
  return found == body.end() || found->is_null() ? nullptr : &*found;
}

template <class Value>
[[noreturn]] void refuse(const char* name, const json& found, const Value& expected) {
  throw bad_request(fmt::format("bad request body: {} is {}; expected {}", name,
                                found.dump(-1, ' ', false, json::error_handler_t::replace), expected));
}

std::string text_of(const json& body, const char* name, const std::string& otherwise) {
  const auto* found = field(body, name);
  if (!found) return otherwise;
  if (!found->is_string()) refuse(name, *found, "a text");
  return found->get<std::string>();
}

double number_of(const json& body, const char* name, double otherwise) {
  const auto* found = field(body, name);
  if (!found) return otherwise;
  if (!found->is_number()) refuse(name, *found, "a number");
  return found->get<double>();
}

/// Numbers alone: a file that an attribute names comes from a scenario, not from whoever can reach this port.
void take_attributes(const json& body, attribute_values& into) {
  const auto* given = field(body, "attributes");
  if (!given) return;
  if (!given->is_object()) refuse("attributes", *given, "an object");
  for (const auto& [name, value] : given->items()) {
    if (!value.is_number()) refuse(name.c_str(), value, "a number");
    into[name] = value.get<double>();
  }
}

stream way_of(const json& body) {
  const auto word = text_of(body, "stream", std::string(to_string(stream::downstream)));
  for (const auto way : both_streams) {
    if (word == to_string(way)) return way;
  }
  throw bad_request(fmt::format("stream was invalid: '{}'; can be either upstream or downstream", word));
}

}  // namespace

json parsed(const std::string& body) {
  auto out = json::parse(body, nullptr, false);
  if (out.is_discarded()) throw bad_request("bad request body: it is no JSON");
  return out;
}

nlohmann::ordered_json to_json(const proxy_state& which) {
  auto toxics = nlohmann::ordered_json::array();
  for (const auto& each : which.toxics) toxics.push_back(to_json(each));
  return {{"name", which.settings.name},
          {"listen", which.settings.listen},
          {"upstream", which.settings.upstream},
          {"enabled", which.settings.is_enabled},
          {"toxics", std::move(toxics)}};
}

proxy_settings proxy_from(const json& body, const proxy_settings& otherwise) {
  expect_object(body, "the proxy");
  proxy_settings out;
  out.name = otherwise.name.empty() ? text_of(body, "name", {}) : otherwise.name;
  out.listen = text_of(body, "listen", otherwise.listen.empty() ? any_port : otherwise.listen);
  out.upstream = text_of(body, "upstream", otherwise.upstream);
  for (const auto& [name, value] : {std::pair("name", &out.name), std::pair("upstream", &out.upstream)}) {
    if (value->empty()) throw bad_request(fmt::format("missing required field: {}", name));
  }
  out.is_enabled = otherwise.is_enabled;
  if (const auto* enabled = field(body, "enabled")) {
    if (!enabled->is_boolean()) refuse("enabled", *enabled, "true or false");
    out.is_enabled = enabled->get<bool>();
  }
  return out;
}

std::vector<proxy_settings> proxies_from(const json& body) {
  if (!body.is_array()) refuse("the body", body, "a list of proxies");
  std::vector<proxy_settings> out;
  for (const auto& each : body) out.push_back(proxy_from(each, {}));
  return out;
}

prepared_toxic toxic_from(const json& body) {
  expect_object(body, "the toxic");
  toxic_settings out;
  out.type = text_of(body, "type", {});
  out.way = way_of(body);
  out.name = text_of(body, "name", {});
  if (out.name.empty()) out.name = fmt::format("{}_{}", out.type, to_string(out.way));
  out.toxicity = number_of(body, "toxicity", out.toxicity);
  take_attributes(body, out.attributes);
  return prepare(std::move(out));
}

prepared_toxic changed_toxic(toxic_settings before, const json& body) {
  expect_object(body, "the toxic");
  before.toxicity = number_of(body, "toxicity", before.toxicity);
  take_attributes(body, before.attributes);
  return prepare(std::move(before));
}

}  // namespace dvfo::link::faults
