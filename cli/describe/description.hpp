#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "inference/architectures/architecture.hpp"
#include "inference/architectures/description.hpp"

namespace dvfo::cli {

/// What `dvfo describe` is asked for.
struct description_request {
  inference::architecture_options sizes;
  inference::backend where = inference::backend::cpu_int8;
};

/// Head line and table of a model's parts.
std::string description_text(const inference::architecture& net, const description_request& request);

/// The same figures, exact: `{"architecture", "backend", "input", "features", "outputs", "parts": […]}`.
nlohmann::json description_json(const inference::architecture& net, const description_request& request);

}  // namespace dvfo::cli
