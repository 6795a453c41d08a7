#include "launcher/faults_texts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "link/faults/json.hpp"

namespace dvfo::launcher {
namespace {

using nlohmann::ordered_json;
namespace faults = link::faults;

double seconds(faults::instant value) { return std::chrono::duration<double>(value).count(); }

std::string shown(const faults::attribute_value& value) {
  const auto* number = std::get_if<double>(&value);
  return number ? fmt::format("{}", *number) : std::get<std::string>(value);
}

std::vector<const faults::event*> by_begin(const faults::scenario& what) {
  std::vector<const faults::event*> out;
  for (const auto& each : what.events) out.push_back(&each);
  std::stable_sort(out.begin(), out.end(), [](const auto* a, const auto* b) { return a->at < b->at; });
  return out;
}

std::string streams_of(const faults::event& what) {
  if (what.ways.size() > 1) return "both";
  return what.ways.empty() ? "" : std::string(to_string(what.ways.front()));
}

std::string when(const faults::event& what) {
  auto out = fmt::format("{:8.3f} s", seconds(what.at));
  if (what.every) {
    out += what.times > 0 ? fmt::format(", {} times,", what.times) : std::string(", again and again,");
    out += fmt::format(" every {} s", seconds(*what.every));
  }
  return out + (what.lasting ? fmt::format(" for {} s", seconds(*what.lasting)) : " to the end");
}

ordered_json json_of(const faults::event& what) {
  ordered_json out;
  out["at"] = seconds(what.at);
  if (what.lasting) out["for"] = seconds(*what.lasting);
  if (what.every) out["every"] = seconds(*what.every);
  if (what.times > 0) out["times"] = what.times;
  out["proxy"] = what.proxy;
  if (!what.ways.empty()) out["stream"] = streams_of(what);
  out["type"] = what.toxic.settings.type;
  out["toxicity"] = what.toxic.settings.toxicity;
  out["attributes"] = faults::to_json(what.toxic.settings.attributes);
  return out;
}

std::string words_of(const faults::event& what) {
  const auto& toxic = what.toxic.settings;
  auto out = fmt::format("{}: {}", when(what), what.proxy);
  if (!what.ways.empty()) out += fmt::format(", {}", streams_of(what));
  out += fmt::format(", {}", toxic.type);
  if (toxic.toxicity < 1.0) out += fmt::format(" of {} of the connections", toxic.toxicity);
  for (const auto& [name, value] : toxic.attributes) {
    if (const auto text = shown(value); !text.empty()) out += fmt::format(" {}={}", name, text);
  }
  return out;
}

}  // namespace

std::string list_of_toxics(bool as_json) {
  auto json = ordered_json::array();
  std::string words;
  for (const auto* kind : faults::toxic_kinds()) {
    auto attributes = ordered_json::array();
    words += fmt::format("{}{}: {}\n", words.empty() ? "" : "\n", kind->name, kind->summary);
    for (const auto& each : kind->attributes) {
      const auto otherwise = shown(each.otherwise);
      words += fmt::format("  {} ({}{}): {}\n", each.name, each.unit,
                           otherwise.empty() ? "" : fmt::format(", default {}", otherwise), each.help);
      const auto defaults = faults::to_json(faults::attribute_values{{std::string(each.name), each.otherwise}});
      attributes.push_back({{"name", each.name},
                            {"unit", each.unit},
                            {"default", defaults.at(std::string(each.name))},
                            {"help", each.help}});
    }
    json.push_back({{"type", kind->name}, {"summary", kind->summary}, {"attributes", std::move(attributes)}});
  }
  if (as_json) return ordered_json{{"toxics", std::move(json)}}.dump();
  words.pop_back();  // the last newline
  return words;
}

std::string summary_of(const faults::scenario& what, const std::string& file, bool as_json) {
  auto proxies = ordered_json::array();
  auto events = ordered_json::array();
  auto words = fmt::format("{} is right (proxies: {}, events: {})", file, what.proxies.size(), what.events.size());
  for (const auto& each : what.proxies) {
    proxies.push_back({{"name", each.name}, {"listen", each.listen}, {"upstream", each.upstream}});
    words += fmt::format("\n{} listens on {} for {}", each.name, each.listen, each.upstream);
  }
  for (const auto* each : by_begin(what)) {
    events.push_back(json_of(*each));
    words += fmt::format("\n{}", words_of(*each));
  }
  if (!as_json) return words;
  const ordered_json out{{"scenario", file}, {"proxies", std::move(proxies)}, {"events", std::move(events)}};
  return out.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace dvfo::launcher
