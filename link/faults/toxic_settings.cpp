#include "link/faults/toxic_settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <exception>
#include <vector>

namespace dvfo::link::faults {
namespace {

std::string shown(const attribute_value& value) {
  if (const auto* number = std::get_if<double>(&value)) return fmt::format("{}", *number);
  return fmt::format("'{}'", std::get<std::string>(value));
}

std::string expectation(const attribute& which) {
  if (std::holds_alternative<std::string>(which.otherwise)) return "a text";
  return fmt::format("a {}number from {} to {} ({})", which.is_whole ? "whole " : "", which.lowest, which.highest,
                     which.unit);
}

bool fits(const attribute& which, const attribute_value& value) {
  if (which.otherwise.index() != value.index()) return false;
  const auto* number = std::get_if<double>(&value);
  return !number ||
         (*number >= which.lowest && *number <= which.highest && (!which.is_whole || std::floor(*number) == *number));
}

const toxic_kind& kind_of(const std::string& type) {
  if (const auto* kind = find_kind(type)) return *kind;
  std::vector<std::string_view> names;
  for (const auto* each : toxic_kinds()) names.push_back(each->name);
  throw settings_error("type", fmt::format("type is '{}'; expected one of {}", type, fmt::join(names, ", ")));
}

void check_attributes(const toxic_kind& kind, const attribute_values& given) {
  for (const auto& [name, value] : given) {
    const auto found = std::find_if(kind.attributes.begin(), kind.attributes.end(),
                                    [&, &key = name](const auto& each) { return each.name == key; });
    if (found == kind.attributes.end()) {
      std::vector<std::string_view> names;
      for (const auto& each : kind.attributes) names.push_back(each.name);
      throw settings_error(name, fmt::format("attribute '{}' is unknown; {} has {}", name, kind.name,
                                             names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "))));
    }
    if (!fits(*found, value)) {
      throw settings_error(name, fmt::format("attribute '{}' of {} is {}; expected {}", name, kind.name, shown(value),
                                             expectation(*found)));
    }
  }
}

}  // namespace

std::string_view to_string(stream way) { return way == stream::upstream ? "upstream" : "downstream"; }

prepared_toxic prepare(toxic_settings settings) {
  const auto& kind = kind_of(settings.type);
  if (!(settings.toxicity >= 0.0) || settings.toxicity > 1.0) {
    throw settings_error("toxicity", fmt::format("toxicity is {}; expected a number from 0 to 1", settings.toxicity));
  }
  check_attributes(kind, settings.attributes);
  for (const auto& each : kind.attributes) settings.attributes.try_emplace(std::string(each.name), each.otherwise);
  prepared_toxic out{std::move(settings), {}};
  if (!kind.prepare) return out;
  try {
    out.make = kind.prepare(out.settings.attributes);
  } catch (const std::exception& problem) {
    throw settings_error("attributes", fmt::format("attributes of {}: {}", kind.name, problem.what()));
  }
  return out;
}

}  // namespace dvfo::link::faults
