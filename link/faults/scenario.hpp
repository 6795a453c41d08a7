#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <queue>
#include <stdexcept>
#include <string>
#include <vector>

#include "link/faults/toxic_settings.hpp"

namespace dvfo::link::faults {

/// What a scenario file says cannot be done. The text names file, line, table and key.
class scenario_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A proxy, as a user gives it.
struct proxy_settings {
  std::string name;
  std::string listen;    ///< HOST:PORT of loopback; port 0: a free one
  std::string upstream;  ///< HOST:PORT of the server behind it
  bool is_enabled = true;
};

/// A fault that comes and goes.
struct event {
  instant at{};                         ///< from the beginning of the scenario
  std::optional<instant> lasting = {};  ///< nothing: to the end
  std::optional<instant> every = {};    ///< comes again after this long, counted from its begin
  std::uint64_t times = 0;              ///< how often in all where it comes again; 0: for ever
  std::string proxy;
  std::vector<stream> ways;  ///< none of `down`
  prepared_toxic toxic;      ///< its name is that of the event; a toxic adds "_upstream" or "_downstream"
};

struct scenario {
  std::vector<proxy_settings> proxies;
  std::vector<event> events;  ///< as the file has them
};

/// Reads [[proxy]] and [[event]] of a TOML text (docs/faults.md); other keys at the top are left to the program. Checks
/// all but whether the addresses can be used. Errors name `file`, and files that it names are beside it. Throws
/// scenario_error.
scenario parse_scenario(const std::string& text, const std::filesystem::path& file);

/// The same of a file. Throws scenario_error.
scenario read_scenario(const std::filesystem::path& file);

/// What happens when, in a scenario.
class timeline {
 public:
  struct step {
    instant at{};
    bool begins = true;  ///< false: the event is over
    std::size_t event = 0;
    std::uint64_t occurrence = 0;  ///< of an event that comes again

    /// What is over goes before what begins, and otherwise the file's order holds.
    [[nodiscard]] bool is_after(const step& other) const;
  };

  explicit timeline(std::vector<event> events);

  [[nodiscard]] const std::vector<event>& events() const { return events_; }

  /// When something happens next; nothing: all is over, or stays as it is.
  [[nodiscard]] std::optional<instant> next() const;

  /// The next step, where it is at `now` or before.
  std::optional<step> take(instant now);

 private:
  struct later {
    bool operator()(const step& a, const step& b) const { return a.is_after(b); }
  };

  std::vector<event> events_;
  std::priority_queue<step, std::vector<step>, later> steps_;
};

}  // namespace dvfo::link::faults
