#include "link/faults/report.hpp"

#include <fmt/format.h>

#include <cmath>

#include "link/faults/json.hpp"

namespace dvfo::link::faults {
namespace {

using nlohmann::ordered_json;

template <class... Ts>
struct overloaded : Ts... {
  using Ts::operator()...;
};
template <class... Ts>
overloaded(Ts...) -> overloaded<Ts...>;  // clang 14 does not deduce it by itself

/// Names come from users and need not be UTF-8.
std::string dumped(const ordered_json& json) {
  return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

void fill(ordered_json& out, const proxy_report& what) {
  out["event"] = "proxy";
  out["change"] = what.change;
  out["proxy"] = what.proxy;
  out["listen"] = what.listen;
  out["upstream"] = what.upstream;
  out["enabled"] = what.is_enabled;
}

void fill(ordered_json& out, const toxic_report& what) {
  out["event"] = "toxic";
  out["change"] = what.change;
  out["proxy"] = what.proxy;
  out.update(to_json(what.toxic));
}

void fill(ordered_json& out, const connection_report& what) {
  out["event"] = "connection";
  out["change"] = what.change;
  out["proxy"] = what.proxy;
  out["connection"] = what.connection;
  out["client"] = what.client;
  if (what.change == "opened") {
    out["toxics"] = what.toxics;
    return;
  }
  out["reason"] = what.reason;
  out["bytes_upstream"] = what.bytes_upstream;
  out["bytes_downstream"] = what.bytes_downstream;
}

void fill(ordered_json& out, const failure_report& what) {
  out["event"] = "failure";
  out["proxy"] = what.proxy;
  out["reason"] = what.reason;
}

std::string words_of(const attribute_values& attributes) {
  std::string out;
  for (const auto& [name, value] : attributes) {
    const auto* number = std::get_if<double>(&value);
    out += number ? fmt::format(" {}={}", name, *number) : fmt::format(" {}={}", name, std::get<std::string>(value));
  }
  return out;
}

}  // namespace

ordered_json to_json(const attribute_values& attributes) {
  auto out = ordered_json::object();
  for (const auto& [name, value] : attributes) {
    const auto* number = std::get_if<double>(&value);
    if (!number) {
      out[name] = std::get<std::string>(value);
    } else if (std::floor(*number) == *number && std::abs(*number) < 1e15) {
      out[name] = static_cast<std::int64_t>(*number);
    } else {
      out[name] = *number;
    }
  }
  return out;
}

ordered_json to_json(const toxic_settings& toxic) {
  return {{"name", toxic.name},
          {"type", toxic.type},
          {"stream", to_string(toxic.way)},
          {"toxicity", toxic.toxicity},
          {"attributes", to_json(toxic.attributes)}};
}

std::string to_json(const report& each) {
  ordered_json out;
  out["at"] = std::chrono::duration<double>(each.at).count();
  std::visit([&](const auto& what) { fill(out, what); }, each.what);
  return dumped(out);
}

std::string to_text(const report& each) {
  const auto words = std::visit(
      overloaded{[](const proxy_report& what) {
                   return fmt::format("{}: {}; {} {} for {}", what.proxy, what.change,
                                      what.is_enabled ? "listens on" : "refuses on", what.listen, what.upstream);
                 },
                 [](const toxic_report& what) {
                   return fmt::format("{}: {} {}, {} {} with toxicity {}{}", what.proxy, what.change, what.toxic.name,
                                      to_string(what.toxic.way), what.toxic.type, what.toxic.toxicity,
                                      words_of(what.toxic.attributes));
                 },
                 [](const failure_report& what) { return fmt::format("{}: {}", what.proxy, what.reason); },
                 [](const connection_report& what) {
                   const auto begin = fmt::format("{}: connection {} from {} {}", what.proxy, what.connection,
                                                  what.client, what.change);
                   if (what.change == "opened") return fmt::format("{} {}", begin, fmt::join(what.toxics, " "));
                   return fmt::format("{}: {}; {} bytes up, {} down", begin, what.reason, what.bytes_upstream,
                                      what.bytes_downstream);
                 }},
      each.what);
  return fmt::format("{:10.3f} s  {}", std::chrono::duration<double>(each.at).count(), words);
}

}  // namespace dvfo::link::faults
