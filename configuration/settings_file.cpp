#include "configuration/settings_file.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <optional>
#include <sstream>

#include "files/error.hpp"
#include "files/reading.hpp"

namespace dvfo::configuration {
namespace {

// The node's value in the type of the setting's target. A whole number may stand for a real one, nothing else is
// converted.
std::optional<setting_value> convert(const setting& which, const toml::node& node) {
  if (std::holds_alternative<std::string*>(which.target) ||
      std::holds_alternative<std::filesystem::path*>(which.target)) {
    if (const auto value = node.value_exact<std::string>()) return setting_value(*value);
  } else if (std::holds_alternative<whole_number>(which.target)) {
    if (const auto value = node.value_exact<std::int64_t>()) return setting_value(*value);
  } else if (std::holds_alternative<double*>(which.target)) {
    if (const auto value = node.value_exact<double>()) return setting_value(*value);
    if (const auto value = node.value_exact<std::int64_t>()) return setting_value(static_cast<double>(*value));
  } else if (const auto value = node.value_exact<bool>()) {
    return setting_value(*value);
  }
  return std::nullopt;
}

std::string shown(const toml::node& node) {
  std::ostringstream text;
  node.visit([&](const auto& inner) {
    using kind = std::remove_cvref_t<decltype(inner)>;
    if constexpr (std::is_same_v<kind, toml::table>) {
      text << "a table";
    } else if constexpr (std::is_same_v<kind, toml::array>) {
      text << "an array";
    } else {
      text << inner;
    }
  });
  return text.str();
}

std::string text_of(const std::string& file) {
  try {
    return files::read_text(file);
  } catch (const files::error& problem) {
    throw usage_error(fmt::format("configuration file {}", problem.what()));
  }
}

toml::table parsed(const std::string& text, const std::string& file) {
  try {
    return toml::parse(text, file);
  } catch (const toml::parse_error& problem) {
    throw usage_error(fmt::format("{}:{}: {}", file, problem.source().begin.line, problem.description()));
  }
}

}  // namespace

std::string read_configuration_file(const std::string& file, const std::vector<setting>& settings,
                                    const std::vector<std::string>& tables) {
  auto text = text_of(file);
  const auto table = parsed(text, file);
  auto names = tables;
  names.reserve(tables.size() + settings.size());
  for (const auto& which : settings) names.push_back(which.name);
  for (const auto& [key, node] : table) {
    const std::string name(key.str());
    if (std::find(tables.begin(), tables.end(), name) != tables.end()) continue;
    const auto line = key.source().begin.line;
    const auto found = std::find_if(settings.begin(), settings.end(), [&](const setting& s) { return s.name == name; });
    if (found == settings.end()) {
      const auto near = nearest_word(name, names);
      throw usage_error(fmt::format(
          "{}:{}: unknown key '{}'; {}", file, line, name,
          near ? fmt::format("did you mean '{}'?", *near) : fmt::format("the keys are {}", fmt::join(names, ", "))));
    }
    const auto value = convert(*found, node);
    if (!value || !acceptable(*found, *value)) {
      throw usage_error(
          fmt::format("{}:{}: key '{}' is {}; expected {}", file, line, name, shown(node), expectation(*found)));
    }
    assign(*found, *value);
  }
  return text;
}

}  // namespace dvfo::configuration
