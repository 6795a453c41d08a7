#include "actors/wire_size.hpp"

#include <caf/binary_deserializer.hpp>
#include <caf/binary_serializer.hpp>

#include "tests/actors/actor_test.hpp"

namespace dvfo::actors {
namespace {

class wire_size_test : public actor_test {
 protected:
  std::vector<char> serialise(const caf::message& message) {
    std::vector<char> buffer;
    caf::binary_serializer sink(system_, buffer);
    const auto failure = sink(message);
    EXPECT_FALSE(failure) << system_.render(failure);
    return buffer;
  }

  caf::message roundtrip(const caf::message& message) {
    const auto buffer = serialise(message);
    caf::message out;
    caf::binary_deserializer source(system_, buffer);
    const auto failure = source(out);
    EXPECT_FALSE(failure) << system_.render(failure);
    return out;
  }
};

TEST_F(wire_size_test, the_wire_message_survives_the_way) {
  const std::string bytes("\0\xff\n payload", 11);
  const auto request = roundtrip(caf::make_message(infer_atom{}, wire_message{bytes}));
  ASSERT_TRUE((request.match_elements<infer_atom, wire_message>()));
  EXPECT_EQ(request.get_as<wire_message>(1).bytes, bytes);
  const auto hello = roundtrip(caf::make_message(hello_atom{}, wire_message{}));
  EXPECT_TRUE((hello.match_elements<hello_atom, wire_message>()));
  const auto reply = roundtrip(caf::make_message(wire_message{bytes}));
  ASSERT_TRUE(reply.match_elements<wire_message>());
  EXPECT_EQ(reply.get_as<wire_message>(0).bytes, bytes);
}

TEST_F(wire_size_test, counts_what_the_serialiser_writes) {
  constexpr std::size_t header_and_empty_forwarding_stack = 32 + 1;
  const wire_size sizes(system_);
  for (const std::size_t length : {0U, 1U, 127U, 128U, 1500U, 16383U, 16384U, 100000U}) {
    const wire_message payload{std::string(length, 'x')};
    EXPECT_EQ(sizes.request(length),
              serialise(caf::make_message(infer_atom{}, payload)).size() + header_and_empty_forwarding_stack);
    EXPECT_EQ(sizes.reply(length), serialise(caf::make_message(payload)).size() + header_and_empty_forwarding_stack);
  }
}

TEST_F(wire_size_test, the_frame_around_a_payload_is_small) {
  const wire_size sizes(system_);
  EXPECT_LT(sizes.request(1000) - 1000, 80U);
  EXPECT_LT(sizes.reply(1000) - 1000, 70U);
}

}  // namespace
}  // namespace dvfo::actors
