#pragma once

#include <array>
#include <stdexcept>
#include <string>
#include <string_view>

#include "link/faults/toxic.hpp"

namespace dvfo::link::faults {

/// A way of a connection, in Toxiproxy's words.
enum class stream {
  upstream,    ///< from the client that connects to the server behind the proxy
  downstream,  ///< back
};
inline constexpr std::array both_streams = {stream::upstream, stream::downstream};
std::string_view to_string(stream way);

/// A toxic of a proxy, as a user gives it.
struct toxic_settings {
  std::string name;  ///< of its own in the proxy
  std::string type;
  stream way = stream::downstream;
  double toxicity = 1.0;  ///< share of the connections that it takes hold of
  attribute_values attributes = {};
};

/// What is wrong with a toxic's settings, and with which of them.
class settings_error : public std::invalid_argument {
 public:
  settings_error(std::string key, const std::string& what) : std::invalid_argument(what), key_(std::move(key)) {}
  [[nodiscard]] const std::string& key() const { return key_; }

 private:
  std::string key_;  // "type", "toxicity", "attributes", or an attribute's name
};

/// A toxic that can be put to work on connections.
struct prepared_toxic {
  toxic_settings settings;  ///< with every attribute
  toxic_factory make;       ///< empty for `down`
};

/// Checks a toxic's settings, fills in the attributes that are not given, and reads the files that they name. Throws
/// settings_error.
prepared_toxic prepare(toxic_settings settings);

}  // namespace dvfo::link::faults
