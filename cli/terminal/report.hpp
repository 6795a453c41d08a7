#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "files/output.hpp"

namespace dvfo::cli {

/// Prints the text and writes the figures to the file `where`, if any; "-" is standard output, which then carries the
/// JSON alone. Throws usage_error when the file cannot be written, and files::error when standard output cannot.
void publish(const std::string& text, const nlohmann::json& json, const std::string& where);

/// Writes what `text` makes to the file `where`, which the flag --`flag` named: "json", "csv" or "svg"; nothing when
/// `where` is empty. Replaces a file of that kind, and nothing else. Throws usage_error.
void save(const std::string& flag, const std::string& where, const std::function<std::string()>& text);

/// Whether save() will be able to, for the start of a long run. Writes nothing. Throws usage_error.
void check_save(const std::string& flag, const std::string& where);

/// A plot as svg_plot.hpp draws it.
extern const files::kind plot_file;

}  // namespace dvfo::cli
