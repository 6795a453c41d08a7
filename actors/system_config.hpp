#pragma once

#include <chrono>
#include <cstddef>
#include <functional>

#include <caf/actor_system_config.hpp>

#include "actors/defaults.hpp"

namespace dvfo::actors {

struct system_options {
  bool network = true;  ///< load the middleman: needed to publish or to connect, not for an in-process cloud
  std::size_t scheduler_threads = defaults::system::scheduler_threads;
  std::chrono::milliseconds heartbeat_interval = defaults::system::heartbeat_interval;
  std::chrono::milliseconds connection_timeout = defaults::system::connection_timeout;
  std::function<void()> on_thread_start;  ///< runs first on every thread that CAF starts; may be empty
};

/// CAF as every node of this project runs it: quiet_sharing for a scheduler, heartbeats, our message type and error
/// texts. Reads no file and no command line. One use: `system_config config(options); caf::actor_system
/// system(config);`, kept alive while the system is.
class system_config : public caf::actor_system_config {
 public:
  explicit system_config(const system_options& options);
};

/// The same with CAF's deterministic scheduler and virtual time, for tests.
class test_system_config : public caf::actor_system_config {
 public:
  test_system_config();
};

}  // namespace dvfo::actors
