#include "actors/wire_size.hpp"

#include <stdexcept>
#include <vector>

#include <caf/binary_serializer.hpp>
#include <caf/io/basp/header.hpp>
#include <caf/message.hpp>

namespace dvfo::actors {

namespace {

std::uint64_t serialised(caf::actor_system& system, const caf::message& content) {
  std::vector<char> buffer;
  caf::binary_serializer sink(system, buffer);
  std::vector<caf::strong_actor_ptr> forwarding_stack;
  if (auto failure = sink(forwarding_stack, content)) {
    throw std::runtime_error("CAF cannot serialise wire_message: " + caf::to_string(failure) +
                             "; build the actor system with actors::system_config");
  }
  return caf::io::basp::header_size + buffer.size();
}

/// CAF writes a string's length seven bits a byte; the first byte is in the frame already.
std::uint64_t further_length_bytes(std::size_t length) {
  std::uint64_t bytes = 0;
  for (length >>= 7; length != 0; length >>= 7) ++bytes;
  return bytes;
}

}  // namespace

wire_size::wire_size(caf::actor_system& system)
    : request_frame_(serialised(system, caf::make_message(infer_atom{}, wire_message{}))),
      reply_frame_(serialised(system, caf::make_message(wire_message{}))) {}

std::uint64_t wire_size::request(std::size_t payload_bytes) const {
  return request_frame_ + payload_bytes + further_length_bytes(payload_bytes);
}

std::uint64_t wire_size::reply(std::size_t payload_bytes) const {
  return reply_frame_ + payload_bytes + further_length_bytes(payload_bytes);
}

}  // namespace dvfo::actors
