#include "configuration/variables.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>

namespace dvfo::configuration {
namespace {

constexpr const char* project = "DVFO_";

std::string in_capitals(const std::string& words) {
  std::string name;
  for (const char letter : words) {
    const auto whole = static_cast<unsigned char>(letter);
    name += std::isalnum(whole) != 0 ? static_cast<char>(std::toupper(whole)) : '_';
  }
  return name;
}

bool is_common(const std::string& name) {
  return std::any_of(common_variables.begin(), common_variables.end(),
                     [&](const common_variable& known) { return name == known.name; });
}

}  // namespace

std::optional<std::string> process_environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value != nullptr && *value != '\0' ? std::optional<std::string>(value) : std::nullopt;
}

std::string variable_prefix(const std::string& program) { return in_capitals(program) + '_'; }

std::string variable_name(const std::string& program, const std::string& setting) {
  for (const auto& known : common_variables) {
    if (setting == known.setting) return known.name;
  }
  return variable_prefix(program) + in_capitals(setting);
}

std::optional<std::string> former_variable_name(const std::string& setting) {
  auto name = project + in_capitals(setting);
  return is_common(name) ? std::nullopt : std::optional(std::move(name));
}

bool belongs_to_one_program(const std::string& name) { return name.starts_with(project) && !is_common(name); }

}  // namespace dvfo::configuration
