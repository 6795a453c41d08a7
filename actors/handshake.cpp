#include "actors/handshake.hpp"

namespace dvfo::actors {

messages::hello_reply describe(const inference::bundle_manifest& manifest) {
  return {.protocol = messages::protocol_version,
          .bundle_id = manifest.id,
          .bundle_name = manifest.name,
          .channels = static_cast<std::uint32_t>(manifest.format.channels),
          .height = static_cast<std::uint32_t>(manifest.format.height),
          .width = static_cast<std::uint32_t>(manifest.format.width),
          .bits = static_cast<std::uint32_t>(manifest.format.bits),
          .classes = static_cast<std::uint32_t>(manifest.labels.size())};
}

}  // namespace dvfo::actors
