#pragma once

#include <cstdint>
#include <string>
#include <vector>

/// Plain values of what crosses a link. The Protobuf types behind them (dvfo/v1/inference.proto) stay inside this room.
namespace dvfo::messages {

/// Version of the conversation; both ends must speak the same.
inline constexpr std::uint32_t protocol_version = 2;

/// How the cloud judged a request. The numbers cross the wire and never change their meaning.
enum class reply_code : std::uint8_t {
  ok = 0,
  busy = 10,             ///< the cloud's queue is full
  expired = 20,          ///< the task's time was over before a worker was free
  bad_request = 30,      ///< a field or the feature frame failed a check
  bundle_mismatch = 40,  ///< the two ends hold different model bundles
  failed = 50,           ///< the model itself failed
};

/// The code's name as it appears in logs and records, e.g. "bundle_mismatch".
const char* to_string(reply_code code);

/// What a request's frame holds. The numbers cross the wire and never change their meaning.
enum class frame_kind : std::uint8_t {
  features = 0,  ///< secondary channels of the feature map: a frame of the codec
  jpeg = 10,     ///< the input as a JPEG file
  pixels = 20,   ///< the input, or a smaller copy of it: rows top to bottom, 8 bits each of red, green, blue
};

/// Edge to cloud: the secondary channels of one task, or its input for the unsplit network.
struct infer_request {
  std::uint64_t task_id = 0;
  std::uint64_t bundle_id = 0;
  double share = 0.0;           ///< in [0, 1]
  double budget_seconds = 0.0;  ///< time left until the edge needs the reply, finite, ≥ 0
  std::string frame;            ///< as `kind` says, not empty
  frame_kind kind = frame_kind::features;
  std::uint32_t width = 0;  ///< of pixels: frame is 3 · width · height bytes
};

/// Cloud to edge: the answer to one infer_request, also when it is refused.
struct infer_reply {
  std::uint64_t task_id = 0;
  std::vector<float> logits;     ///< one a class, finite; empty unless code is ok
  double queue_seconds = 0.0;    ///< from arrival to the start of the batch
  double decode_seconds = 0.0;   ///< decoding this task's frame
  double compute_seconds = 0.0;  ///< the whole batch's forward pass
  std::uint32_t batch_size = 0;
  reply_code code = reply_code::ok;
  std::string text;  ///< why, unless code is ok
};

/// Edge to cloud: once a connection, and to measure the link.
struct hello_request {
  std::uint32_t protocol = protocol_version;
  std::uint64_t bundle_id = 0;
  std::string padding = {};  ///< ignored; makes a hello long enough to measure a link's rate, see max_hello_bytes
};

/// What one end serves: the cloud's reply, and what the edge expects of it. Both ends must agree on every field but the
/// name.
struct hello_reply {
  std::uint32_t protocol = protocol_version;
  std::uint64_t bundle_id = 0;
  std::string bundle_name;
  std::uint32_t channels = 0;
  std::uint32_t height = 0;
  std::uint32_t width = 0;
  std::uint32_t bits = 0;
  std::uint32_t classes = 0;
};

/// Bytes of one message, ready for the wire. Thread-safe.
std::string encode(const infer_request& message);
std::string encode(const infer_reply& message);
std::string encode(const hello_request& message);
std::string encode(const hello_reply& message);

}  // namespace dvfo::messages
