#pragma once

#include <nlohmann/json.hpp>

#include "link/faults/toxic_settings.hpp"

/// Toxics in the form of Toxiproxy's interface.
namespace dvfo::link::faults {

/// Whole numbers without a fraction, as clients in typed languages expect.
nlohmann::ordered_json to_json(const attribute_values& attributes);

/// {"name", "type", "stream", "toxicity", "attributes"}.
nlohmann::ordered_json to_json(const toxic_settings& toxic);

}  // namespace dvfo::link::faults
