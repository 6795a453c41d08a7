#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace dvfo::cli {

/// Prints the text and writes the figures to the file `where`, if any; "-" is standard output, which then carries the
/// JSON alone. Throws usage_error when the file cannot be written.
void publish(const std::string& text, const nlohmann::json& json, const std::string& where);

/// Writes what `text` makes to the file `where`, which the flag --`flag` named; nothing when `where` is empty. Throws
/// usage_error when the file cannot be written.
void save(const std::string& flag, const std::string& where, const std::function<std::string()>& text);

}  // namespace dvfo::cli
