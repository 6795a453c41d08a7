#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "link/faults/engine.hpp"

/// What the bodies of requests and answers of the interface mean.
namespace dvfo::link::faults {

/// A request cannot be understood.
class bad_request : public std::invalid_argument {
 public:
  using std::invalid_argument::invalid_argument;
};

nlohmann::ordered_json to_json(const proxy_state& which);

/// A proxy from a request's body; fields that it does not have are those of `otherwise`. Throws bad_request.
proxy_settings proxy_from(const nlohmann::json& body, const proxy_settings& otherwise);

/// The list of a request to /populate.
std::vector<proxy_settings> proxies_from(const nlohmann::json& body);

/// A new toxic. Throws bad_request and settings_error.
prepared_toxic toxic_from(const nlohmann::json& body);

/// A toxic with what the body changes: attributes and toxicity.
prepared_toxic changed_toxic(toxic_settings before, const nlohmann::json& body);

/// Throws bad_request for what is no JSON object or array.
nlohmann::json parsed(const std::string& body);

}  // namespace dvfo::link::faults
