#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <caf/typed_response_promise.hpp>

#include "actors/defaults.hpp"
#include "actors/interfaces.hpp"
#include "actors/wire_size.hpp"
#include "inference/codec/feature_codec.hpp"

namespace dvfo::actors {

struct offload_options {
  inference::feature_format format;  ///< of the bundle
  std::uint64_t bundle_id = 0;       ///< bundle_manifest::id
  int input_size = 0;                ///< side of the network's input in pixels; needed where the input is sent
  std::size_t window = defaults::offload::window;
  std::chrono::duration<double> shortest_wait = defaults::offload::shortest_wait;
  bandwidth_sensor_actor sensor = {};  ///< told of every acknowledged transfer; may be null
};

/// One offload on its way. It leaves the state exactly once: by its reply, by its timeout or with the link.
struct offload_in_flight {
  offload_result result;  ///< filled so far: id, encode time, bytes up
  time_point sent;
  caf::typed_response_promise<offload_result> promise;
};

struct offload_state {
  static inline const char* name = "offload";

  /// Why this job cannot be sent now; none if it can.
  [[nodiscard]] policy::degraded_reason refusal(const offload_job& job, time_point now) const;

  /// The InferRequest's bytes. Throws inference::error if the features do not fit the format.
  std::string encode(const offload_job& job, time_point now);

  /// Merges the cloud's reply into `result`; `round_trip` in seconds.
  static void read_reply(offload_result& result, const std::string& bytes, double round_trip);

  offload_options options;
  std::optional<wire_size> sizes;
  std::optional<link_up> link;
  std::uint64_t next_ticket = 1;
  std::unordered_map<std::uint64_t, offload_in_flight> in_flight;
  std::uint32_t consecutive_timeouts = 0;
  std::vector<std::byte> frame;  ///< kept for its capacity
};

offload_actor::behavior_type offload(offload_actor::stateful_pointer<offload_state> self, offload_options options);

/// Starts an offload; it answers link_down until it is told of a link_up. Throws inference::error(bad_argument) on a
/// bad format.
offload_actor spawn_offload(caf::actor_system& system, offload_options options);

}  // namespace dvfo::actors
