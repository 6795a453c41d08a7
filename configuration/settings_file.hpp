#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "configuration/settings.hpp"

/// What configuration.cpp and configuration_file.cpp share; programs include configuration.hpp alone.
namespace dvfo::configuration {

/// A value that has already the type of its setting's target.
using setting_value = std::variant<std::string, std::int64_t, double, bool>;

/// "a number from 0 to 1", "one of info, debug".
std::string expectation(const setting& which);

/// Whether a value of the right type is inside the bounds and among the choices.
bool acceptable(const setting& which, const setting_value& value);

/// Stores the value in the setting's target; its type must be the target's.
void assign(const setting& which, const setting_value& value);

/// Reads a TOML file into the settings' targets. Throws usage_error with file and line: no such file, bad syntax, a key
/// that is no setting (with the nearest one), a value of another type or outside its range. Keys of `tables` are left
/// alone. Returns the file's text.
std::string read_configuration_file(const std::string& file, const std::vector<setting>& settings,
                                    const std::vector<std::string>& tables = {});

}  // namespace dvfo::configuration
