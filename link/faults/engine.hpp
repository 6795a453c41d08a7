#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "link/faults/report.hpp"
#include "link/faults/scenario.hpp"
#include "link/faults/toxic_settings.hpp"

namespace dvfo::link::faults {

/// There is no proxy or toxic of that name.
class unknown_name : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// There is one already.
class taken_name : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct proxy_state {
  proxy_settings settings;  ///< with the address that it really listens on
  std::vector<toxic_settings> toxics;
};

/// TCP proxies with toxics, on one thread of their own that sleeps until there is something to do. Every function may
/// be called from any thread but the engine's own (a reporter); those that change something return when it has been
/// done, and throw std::runtime_error once the engine has been stopped.
class engine {
 public:
  struct options {
    std::uint64_t seed = 1;  ///< what toxics draw from
    reporter report = {};
  };

  /// Time begins. Throws std::system_error.
  explicit engine(options how);

  /// Stops.
  ~engine();
  engine(const engine&) = delete;
  engine& operator=(const engine&) = delete;

  /// Since it was made; what reports and events count in.
  [[nodiscard]] instant now() const;

  /// Looks the addresses up, which may take seconds, and listens. Throws taken_name, address_error, and
  /// std::invalid_argument for an address that is none or not on loopback (address.hpp).
  proxy_state add(const proxy_settings& what);

  /// As `add`, for a proxy that there is; changed addresses close its connections. Throws unknown_name.
  proxy_state change(const proxy_settings& what);

  /// Adds those that there are not and changes the others, all or none as far as their settings can be judged before.
  std::vector<proxy_state> populate(const std::vector<proxy_settings>& all);

  /// By the name of the proxy, as what follows. Throws unknown_name.
  void remove(const std::string& name);
  proxy_state state(const std::string& name);

  /// Sorted by name.
  std::vector<proxy_state> states();

  /// Throws unknown_name for the proxy, taken_name for the toxic, settings_error for what cannot be of a way (`down`).
  void add_toxic(const std::string& name, prepared_toxic what);

  /// The same toxic with other attributes or toxicity: it begins anew on every connection. Throws unknown_name.
  void change_toxic(const std::string& name, prepared_toxic what);
  void remove_toxic(const std::string& name, const std::string& toxic);

  /// Every proxy enabled, without toxics. Throws address_error where another program has taken a port meanwhile; the
  /// other proxies are reset.
  void reset();

  /// Plays events; their times count from the engine's begin. Call once.
  void play(std::vector<event> events);

  /// Closes everything and ends the thread.
  void stop();

  /// How often the thread has woken, for tests.
  std::uint64_t turns();

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace dvfo::link::faults
