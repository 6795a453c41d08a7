#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <caf/message_id.hpp>
#include <caf/typed_response_promise.hpp>

#include "actors/deadline_watch.hpp"
#include "actors/defaults.hpp"
#include "actors/interfaces.hpp"
#include "actors/wire_size.hpp"
#include "inference/codec/feature_codec.hpp"

namespace dvfo::actors {

struct offload_options {
  inference::feature_format format;  ///< of the bundle
  std::uint64_t bundle_id = 0;       ///< bundle_manifest::id
  std::size_t window = defaults::offload::window;
  std::chrono::duration<double> shortest_wait = defaults::offload::shortest_wait;
  input_encoder_actor inputs = {};     ///< needed where the input is sent
  bandwidth_sensor_actor sensor = {};  ///< told of every acknowledged transfer; may be null
};

/// One offload on its way. It leaves the state exactly once: by its reply, by its timeout or with the link.
struct offload_in_flight {
  offload_result result;  ///< filled so far: id, encode time, bytes up
  double share = 0.0;
  time_point began;
  time_point answer_by;
  std::optional<caf::message_id> asked;  ///< the cloud's response that is awaited; absent while an input is encoded
  time_point sent;
  caf::typed_response_promise<offload_result> promise;
};

struct offload_state {
  static inline const char* name = "offload";

  /// Why this job cannot be sent now; none if it can.
  [[nodiscard]] policy::degraded_reason refusal(const offload_job& job, time_point now) const;

  /// Notes a job that is not refused; returns its ticket.
  std::uint64_t open(const offload_job& job, time_point now, caf::typed_response_promise<offload_result> promise);

  /// Takes the ticket's offload out, so that whatever comes for it later finds nothing.
  std::optional<offload_in_flight> take(std::uint64_t ticket);

  /// The request but for its budget and bundle. Throws inference::error if the features do not fit the format.
  messages::infer_request request_of(const offload_job& job);
  static messages::infer_request request_of(const offload_in_flight& entry, inference::coded_input input);

  /// Merges the cloud's reply into `result`; `round_trip` in seconds.
  static void read_reply(offload_result& result, const std::string& bytes, double round_trip);

  offload_options options;
  std::optional<wire_size> sizes;
  std::optional<link_up> link;
  std::uint64_t next_ticket = 1;
  std::unordered_map<std::uint64_t, offload_in_flight> in_flight;
  deadline_watch deadlines;  ///< of those in flight
  std::size_t encoding = 0;  ///< inputs that the encoder has, wanted still or not
  std::uint32_t consecutive_timeouts = 0;
  std::vector<std::byte> frame;  ///< kept for its capacity
};

offload_actor::behavior_type offload(offload_actor::stateful_pointer<offload_state> self, offload_options options);

/// Starts an offload; it answers link_down until it is told of a link_up. Throws inference::error(bad_argument) on a
/// bad format.
offload_actor spawn_offload(caf::actor_system& system, offload_options options);

}  // namespace dvfo::actors
