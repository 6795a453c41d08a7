// Fuzz target of the messages between nodes. The first byte chooses the message, the rest are its bytes: they must
// either be refused with a text, or give a value that comes back the same from its own encoding.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "messages/checks.hpp"

namespace {

namespace messages = dvfo::messages;

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "message_fuzz: %s\n", what);
  std::abort();
}

/// Encoding is deterministic, so equal bytes mean equal values.
template <class T>
void judge(const messages::checked<T>& first, messages::checked<T> (*parse)(std::string_view)) {
  require(first ? first.error.empty() : !first.error.empty(), "a value with an error, or neither");
  if (!first) return;
  const std::string bytes = encode(*first);
  const auto second = parse(bytes);
  require(static_cast<bool>(second), "an accepted value was refused on the second way");
  require(encode(*second) == bytes, "a value changed on the second way");
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  switch (data[0] % 4) {
    case 0:
      judge(messages::parse_infer_request(bytes), messages::parse_infer_request);
      break;
    case 1:
      judge(messages::parse_infer_reply(bytes), messages::parse_infer_reply);
      break;
    case 2:
      judge(messages::parse_hello_request(bytes), messages::parse_hello_request);
      break;
    default:
      judge(messages::parse_hello_reply(bytes), messages::parse_hello_reply);
      break;
  }
  return 0;
}
