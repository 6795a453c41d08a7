#pragma once

#include <cstddef>
#include <cstdint>

#include <caf/actor_system.hpp>

#include "actors/message_types.hpp"

namespace dvfo::actors {

/// Bytes that a message occupies in CAF's stream beyond its Protobuf payload: BASP's fixed header, the forwarding stack
/// (empty between two nodes), the element types' names and the payload's length prefix. TCP and IP are not counted.
/// Counted by CAF's own serialiser once, so that it follows the library.
class wire_size {
 public:
  explicit wire_size(caf::actor_system& system);

  /// A request with this payload, edge to cloud.
  [[nodiscard]] std::uint64_t request(std::size_t payload_bytes) const;

  /// Its reply, cloud to edge.
  [[nodiscard]] std::uint64_t reply(std::size_t payload_bytes) const;

 private:
  std::uint64_t request_frame_;  ///< around an empty payload
  std::uint64_t reply_frame_;
};

}  // namespace dvfo::actors
