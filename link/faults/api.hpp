#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace dvfo::link::faults {

class engine;

/// Toxiproxy's HTTP interface to an engine, so that its clients in many languages drive it (docs/faults.md says where
/// it differs). Loopback alone, and no browser: whoever may speak to it may break connections. Not for many clients at
/// once: each answer closes its connection.
class api {
 public:
  /// Listens and answers on threads of its own. `version`: what GET /version tells. `address`: HOST:PORT of loopback,
  /// port 0 for a free one. Throws std::invalid_argument and address_error. The engine must outlive it.
  api(engine& proxies, const std::string& address, std::string version);

  /// Finishes the requests that it has.
  ~api();
  api(const api&) = delete;
  api& operator=(const api&) = delete;

  /// "127.0.0.1:8474".
  [[nodiscard]] const std::string& address() const;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace dvfo::link::faults
