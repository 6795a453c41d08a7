#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace dvfo::cli {

/// Draws a bar of the images done on a terminal; elsewhere nothing.
void show_progress(std::size_t done, std::size_t all);

/// Prints the text and writes the figures to the file `where`, if any; "-" is standard output, which then carries the
/// JSON alone. Throws usage_error when the file cannot be written.
void publish(const std::string& text, const nlohmann::json& json, const std::string& where);

}  // namespace dvfo::cli
