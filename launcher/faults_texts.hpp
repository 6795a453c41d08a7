#pragma once

#include <string>

#include "link/faults/scenario.hpp"

/// What dvfo-faults prints instead of running: words, or one JSON object.
namespace dvfo::launcher {

/// Every fault with its attributes, units and defaults.
std::string list_of_toxics(bool as_json);

/// The proxies of a scenario, and its events in the order in which they begin.
std::string summary_of(const link::faults::scenario& what, const std::string& file, bool as_json);

}  // namespace dvfo::launcher
