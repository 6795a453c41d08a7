#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "link/faults/toxic_settings.hpp"

/// What happens at the proxies, for a log from which a failure can be replayed.
namespace dvfo::link::faults {

/// A proxy was added, changed or removed, or `down` begins or is over.
struct proxy_report {
  std::string change;  ///< "added", "changed", "enabled", "disabled", "removed"
  std::string proxy;
  std::string listen;  ///< as it can be connected to, port 0 resolved
  std::string upstream;
  bool is_enabled = true;
};

/// A toxic was added, changed or removed.
struct toxic_report {
  std::string change;  ///< "added", "changed", "removed"
  std::string proxy;
  toxic_settings toxic;
};

struct connection_report {
  std::string change;  ///< "opened" to the server, "closed"; one that never reached the server is closed only
  std::string proxy;
  std::uint64_t connection = 0;      ///< counted from 1 in the proxy's order of accepting; toxicity is drawn by it
  std::string client;                ///< its address
  std::vector<std::string> toxics;   ///< of an opened one: those that took hold of it
  std::string reason;                ///< of a closed one
  std::uint64_t bytes_upstream = 0;  ///< of a closed one: delivered
  std::uint64_t bytes_downstream = 0;
};

/// A step of the scenario could not be made.
struct failure_report {
  std::string proxy;
  std::string reason;
};

struct report {
  instant at{};
  std::variant<proxy_report, toxic_report, connection_report, failure_report> what;
};

/// Hears reports in the order in which things happen, on the engine's thread: it must not block for long, and must not
/// call the engine.
using reporter = std::function<void(const report&)>;

/// One line of JSON without its newline. A toxic's keys are those of an [[event]] of a scenario.
std::string to_json(const report& each);

/// The same as words for a terminal.
std::string to_text(const report& each);

}  // namespace dvfo::link::faults
