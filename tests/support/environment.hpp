#pragma once

#include <cstdlib>
#include <optional>
#include <string>

namespace dvfo::tests {

/// A variable of the environment; nothing where it is not set or empty, as the programs read theirs. Here again because
/// tests of low floors link nothing of configuration/.
inline std::optional<std::string> variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? std::optional<std::string>(value) : std::nullopt;
}

}  // namespace dvfo::tests
