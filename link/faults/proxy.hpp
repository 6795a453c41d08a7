#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "link/faults/connection.hpp"
#include "link/faults/report.hpp"
#include "link/faults/scenario.hpp"

namespace dvfo::link::faults {

/// A proxy with its addresses looked up.
struct placed_proxy {
  proxy_settings settings;
  endpoint listen;
  endpoint upstream;
};

/// What all proxies of an engine have in common.
struct common {
  loop turns;
  std::uint64_t seed = 0;
  reporter report;
  std::size_t connections = 0;

  void tell(decltype(report::what) what) const {
    if (report) report({turns.now(), std::move(what)});
  }
};

/// Listens, connects on, and has the toxics of its connections. Of the loop's thread.
class proxy : public loop::watcher, public loop::sleeper, public connection::owner {
 public:
  /// Listens, where it is enabled. Throws address_error.
  proxy(common& shared, placed_proxy what);

  /// Closes everything.
  ~proxy() override;
  proxy(const proxy&) = delete;
  proxy& operator=(const proxy&) = delete;

  /// With the address that it really listens on.
  [[nodiscard]] const proxy_settings& settings() const { return what_.settings; }

  /// Takes effect at once; other addresses, and not being enabled any more, close every connection. Throws
  /// address_error, and stays as it was.
  void change(placed_proxy to);

  /// A `down` of the scenario begins or ends; several may overlap.
  void set_down(std::size_t event, bool is_down);

  /// Toxics in the order in which they were added, those of upstream first.
  [[nodiscard]] std::vector<toxic_settings> toxics() const;

  /// Nothing where there is none of this name.
  [[nodiscard]] const toxic_settings* find_toxic(std::string_view name) const;

  /// Puts a toxic behind the others, on the connections there are and on those to come. One of the same name is
  /// replaced.
  void add(prepared_toxic what, instant since, std::uint64_t occurrence);
  void change(prepared_toxic what);
  void remove(std::string_view name);

  /// No toxics, no `down`, enabled.
  void reset();

  void close_all(const std::string& reason);

 private:
  struct active {
    prepared_toxic what;
    instant since{};
    std::uint64_t occurrence = 0;
  };

  void changed(std::uint32_t events) override;
  void wake() override;
  void opened(connection& which) override;
  void closed(connection& which, const std::string& reason) override;
  [[nodiscard]] std::size_t share() const override;

  void listen_on(const endpoint& where);
  void stop_listening();
  bool settle();
  void tell(const char* change) const;
  void accept_some();
  [[nodiscard]] std::unique_ptr<toxic> drawn(const active& which, const connection& by) const;
  std::vector<active>::iterator find(std::string_view name);
  [[nodiscard]] std::vector<connection*> open_connections() const;

  common& common_;
  placed_proxy what_;
  descriptor listener_;
  bool is_listening_ = false;
  std::set<std::size_t> downs_;
  std::vector<active> toxics_;
  std::uint64_t accepted_ = 0;
  std::map<std::uint64_t, std::unique_ptr<connection>> connections_;
};

}  // namespace dvfo::link::faults
